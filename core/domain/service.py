"""A service: one tenant's instance of a kind, and the unit that is placed on a device.

The scheduler, the conductor and the agent see services only through this envelope; what a
service of a kind consists of is known to its kind's own module and to the drivers.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from core.domain.lifecycle import Status, move


class ServiceKind(StrEnum):
    """The kinds of service that devices can offer."""

    LOADBALANCER = "loadbalancer"
    FIREWALL = "firewall"


class Cause(StrEnum):
    """Why a service is in ERROR, which says what may cure it."""

    PLACEMENT = "placement"
    """No device fits; a change of the fleet may cure it."""
    WIRING = "wiring"
    """The network side failed."""
    DEVICE = "device"
    """The device refused or could not be reached."""
    DEFECT = "defect"
    """The control plane itself failed at this service; its log has the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What the control plane knows of one service.

    `desired_revision` counts up with every change of what the tenant wants;
    `deployed_revision` is the newest one that the device confirmed, 0 before the first.
    `due_at` (seconds since the epoch, UTC) is when the conductor must look at the service
    next; None while there is nothing to do. While a command is on its way it is the
    deadline after which the command is sent again.
    """

    id: str
    kind: ServiceKind
    project_id: str
    service_type_id: str
    status: Status = Status.PENDING_CREATE
    status_description: str = ""
    desired_revision: int = 1
    deployed_revision: int = 0
    deleting: bool = False
    cause: Cause | None = None
    attempts: int = 0
    due_at: float | None = None
    changed_at: float | None = None
    """When the tenant changed it last, seconds since the epoch."""
    traceparent: str | None = None
    """That of the request which changed it last (W3C Trace Context)."""

    @property
    def settled(self) -> bool:
        """True when the device runs what the tenant wants, and nothing else was heard since."""
        return self.status is Status.ACTIVE and self.deployed_revision >= self.desired_revision

    def changed(self, now: float, traceparent: str | None = None) -> "Service":
        """The tenant wants something else: the next revision, due at once."""
        pending = Status.PENDING_UPDATE if self.deployed_revision else Status.PENDING_CREATE
        return replace(
            self,
            status=move(self.status, pending),
            status_description="",
            desired_revision=self.desired_revision + 1,
            cause=None,
            attempts=0,
            due_at=now,
            changed_at=now,
            traceparent=traceparent,
        )

    def to_be_deleted(self, now: float, traceparent: str | None = None) -> "Service":
        """The tenant wants it gone. Possible in every state, and again."""
        return replace(
            self,
            status=move(self.status, Status.PENDING_DELETE),
            status_description="",
            desired_revision=self.desired_revision + (0 if self.deleting else 1),
            deleting=True,
            cause=None,
            attempts=0,
            due_at=now,
            changed_at=now,
            traceparent=traceparent,
        )

    def deployed(self, revision: int, now: float) -> "Service":
        """The device confirmed `revision`; ACTIVE if that is what is wanted by now."""
        known = max(self.deployed_revision, revision)
        if self.deleting or known < self.desired_revision:
            due_at = now if self.due_at is None else self.due_at
            return replace(self, deployed_revision=known, due_at=due_at)
        return replace(
            self,
            status=move(self.status, Status.ACTIVE),
            status_description="",
            deployed_revision=known,
            cause=None,
            attempts=0,
            due_at=None,
        )

    def failed(self, cause: Cause, description: str, retry_at: float) -> "Service":
        """The last step failed; tried again at `retry_at`. What was deployed keeps serving."""
        return replace(
            self,
            status=move(self.status, Status.ERROR),
            status_description=description,
            cause=cause,
            attempts=self.attempts + 1,
            due_at=retry_at,
        )

    def awaiting(self, description: str, at: float) -> "Service":
        """What was in the way is being dealt with; looked at again at `at` at the latest."""
        pending = Status.PENDING_UPDATE if self.deployed_revision else Status.PENDING_CREATE
        return replace(
            self,
            status=move(self.status, pending),
            status_description=description,
            cause=None,
            due_at=at,
        )

    def due(self, at: float | None) -> "Service":
        """The same service, to be looked at again at `at`."""
        return replace(self, due_at=at)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The change that last touched a part of a service, such as a pool or a member.

    A part's own status follows from its stamp and its service: nothing else has to be
    kept in step, so a part can never be left PENDING. A stamp of another service than the
    one that uses the part now counts as deployed with it.
    """

    service_id: str
    revision: int
    created: bool


def part_status(stamp: Stamp | None, service: Service | None) -> tuple[Status, str]:
    """The status and status_description of a part, given the service that uses it now."""
    if service is None or stamp is None or stamp.service_id != service.id:
        return Status.ACTIVE, ""
    if stamp.revision <= service.deployed_revision or service.deleting:
        return Status.ACTIVE, ""
    if service.status is Status.ERROR:
        return Status.ERROR, service.status_description
    return (Status.PENDING_CREATE if stamp.created else Status.PENDING_UPDATE), ""
