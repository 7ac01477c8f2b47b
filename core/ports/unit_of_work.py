"""Port: one transaction over all that is stored."""

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol

from core.domain.agent import Agent
from core.domain.device import Device
from core.domain.loadbalancer.model import (
    HealthMonitor,
    LoadBalancer,
    Member,
    Pool,
    PoolMonitor,
)
from core.domain.network import Network, Reservation, Subnet
from core.domain.placement.decision import Decision
from core.domain.service import Cause, Service
from core.domain.service_type import ServiceType
from core.ports.bindings import BindingRepository, DeviceLedger
from core.ports.repository import Repository


class StoreFailure(Exception):
    """What is stored cannot be read or changed now; trying again later may help.

    Every use of a store may raise it; the unit of work under way is undone.
    """


class DueWork(Protocol):
    """What the conductor must look at, and when."""

    def services(self, now: float, limit: int) -> list[Service]:
        """Services that are due: those whose last step did not fail first, so that many
        that cannot succeed hold up none that can; then the longest waiting."""

    def devices(self, now: float, limit: int) -> list[Device]:
        """Devices that are due, the longest waiting first."""

    def next_at(self) -> float | None:
        """When the next service or device falls due; None when none ever will by itself."""

    def wake(self, cause: Cause, now: float) -> int:
        """Make services that failed from `cause` due at once; return how many."""


class Observations(Protocol):
    """The newest measurements of each service, in its kind's own JSON terms."""

    def put(self, observations: Mapping[str, Mapping[str, object]]) -> None:
        """Store each service's observation in place of the one before."""

    def of(self, service_ids: list[str]) -> dict[str, Mapping[str, object]]:
        """Observations by service; services without any are left out."""

    def remove(self, service_id: str) -> None:
        """Forget a service's observation."""


class UnitOfWork(Protocol):
    """A transaction: all or nothing, durable once `commit` has returned.

    Leaving the context without a commit undoes everything. Units of work are as if one
    ran after the other: none sees another's uncommitted changes, and no update is lost.
    They are short: nothing that waits for the outside world runs inside one.
    """

    services: Repository[Service]
    service_types: Repository[ServiceType]
    devices: Repository[Device]
    bindings: BindingRepository
    ledger: DeviceLedger
    decisions: Repository[Decision]
    load_balancers: Repository[LoadBalancer]
    """Query keys ``listener.<field>`` select by a listener's field."""
    pools: Repository[Pool]
    members: Repository[Member]
    health_monitors: Repository[HealthMonitor]
    pool_monitors: Repository[PoolMonitor]
    networks: Repository[Network]
    subnets: Repository[Subnet]
    reservations: Repository[Reservation]
    agents: Repository[Agent]
    observations: Observations
    due: DueWork

    def __enter__(self) -> "UnitOfWork":
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End; undo what was not committed."""

    def commit(self) -> None:
        """Make everything since the beginning durable and visible."""


class Store(Protocol):
    """Where units of work come from."""

    def write(self) -> UnitOfWork:
        """A unit of work that may change things."""

    def read(self) -> UnitOfWork:
        """A unit of work that only looks, at one consistent state; it never waits for writers."""
