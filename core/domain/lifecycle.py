"""The life of a service, as a table of states and the moves between them."""

from enum import StrEnum


class Status(StrEnum):
    """What a tenant reads of an object; the names are those of LBaaS v1."""

    PENDING_CREATE = "PENDING_CREATE"
    PENDING_UPDATE = "PENDING_UPDATE"
    PENDING_DELETE = "PENDING_DELETE"
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    """Members only: the health monitor took it out of rotation."""
    ERROR = "ERROR"


TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PENDING_CREATE: frozenset(
        {
            Status.PENDING_CREATE,
            Status.PENDING_UPDATE,
            Status.ACTIVE,
            Status.ERROR,
            Status.PENDING_DELETE,
        }
    ),
    Status.PENDING_UPDATE: frozenset(
        {Status.PENDING_UPDATE, Status.ACTIVE, Status.ERROR, Status.PENDING_DELETE}
    ),
    Status.ACTIVE: frozenset(
        {Status.ACTIVE, Status.PENDING_UPDATE, Status.ERROR, Status.PENDING_DELETE}
    ),
    Status.ERROR: frozenset(
        {
            Status.ERROR,
            Status.ACTIVE,
            Status.PENDING_CREATE,
            Status.PENDING_UPDATE,
            Status.PENDING_DELETE,
        }
    ),
    Status.PENDING_DELETE: frozenset({Status.PENDING_DELETE, Status.ERROR}),
    Status.INACTIVE: frozenset(),
}
"""From each state of a service, the states it may enter next. A deleted service has no state:
its row is gone. Deleting is possible from every state that a service can be in."""


class IllegalTransition(AssertionError):
    """A programming error: a move that the table does not have."""


def move(current: Status, wanted: Status) -> Status:
    """Return `wanted`, or raise IllegalTransition when the table forbids the move."""
    if wanted not in TRANSITIONS[current]:
        raise IllegalTransition(f"{current} -> {wanted}")
    return wanted
