"""Who asks, as Neutron knows."""

from typing import Any

from core.usecases.caller import Caller


def caller_of(context: Any) -> Caller:
    """The caller behind a Neutron context."""
    return Caller(context.project_id or "", is_admin=bool(context.is_admin))
