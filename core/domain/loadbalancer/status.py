"""What the parts of a load balancer report of themselves."""

from collections.abc import Iterable, Mapping

from core.domain.lifecycle import Status
from core.domain.service import Service, Stamp, part_status

_WORST_FIRST = (Status.ERROR, Status.PENDING_UPDATE, Status.PENDING_CREATE, Status.INACTIVE)


def member_status(
    stamp: Stamp | None, service: Service | None, health: Mapping[str, object] | None
) -> tuple[Status, str]:
    """A member's status: of its deployment first, then of its health check.

    `health` is a MemberHealth in JSON terms; None where nothing was measured.
    """
    status, description = part_status(stamp, service)
    if status is Status.ACTIVE and service is not None and health and not health["up"]:
        return Status.INACTIVE, str(health.get("description", ""))
    return status, description


def worst(statuses: Iterable[tuple[Status, str]]) -> tuple[Status, str]:
    """The status that most needs attention, with its description; ACTIVE when there is none."""
    found = dict(statuses)
    for status in _WORST_FIRST:
        if status in found:
            return status, found[status]
    return Status.ACTIVE, ""
