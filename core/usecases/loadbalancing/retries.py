"""Tells tenants when what failed is tried again."""

from dataclasses import replace
from datetime import UTC, datetime

from core.domain.lifecycle import Status
from core.domain.service import Service


def telling_retry(service: Service) -> Service:
    """The service as tenants see it: in ERROR its description says when it is tried again."""
    if service.status is not Status.ERROR or service.due_at is None:
        return service
    when = datetime.fromtimestamp(service.due_at, UTC).strftime("%H:%M:%SZ")
    return replace(
        service, status_description=f"{service.status_description}; tried again at {when}"
    )
