"""Port: one transaction over all that is stored."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol

from core.domain.agent import Agent
from core.domain.device import Device
from core.domain.device_pool import DevicePool
from core.domain.loadbalancer.model import (
    HealthMonitor,
    LoadBalancer,
    Member,
    Pool,
    PoolMonitor,
)
from core.domain.network import Network, Reservation, Subnet
from core.domain.service import Service
from core.domain.service_type import ServiceType
from core.ports.bindings import BindingRepository
from core.ports.decision_log import DecisionLog
from core.ports.device_ledger import DeviceLedger
from core.ports.due_work import DueWork
from core.ports.fleet_audit import FleetAudit
from core.ports.fleet_feed import FleetFeed
from core.ports.observations import Observations
from core.ports.repository import Repository


class UnitOfWork(Protocol):
    """A transaction: all or nothing, durable once `commit` has returned.

    Leaving the context without a commit undoes everything. None sees another's uncommitted
    changes; Store.write says how those that change things keep out of each other's way.
    They are short: nothing that waits for the outside world runs inside one.
    """

    services: Repository[Service]
    service_types: Repository[ServiceType]
    devices: Repository[Device]
    device_pools: Repository[DevicePool]
    bindings: BindingRepository
    ledger: DeviceLedger
    decisions: DecisionLog
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
    feed: FleetFeed
    audit: FleetAudit

    def __enter__(self) -> "UnitOfWork":
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End; undo what was not committed."""

    def together(self) -> AbstractContextManager[None]:
        """What is added and saved in the block may be made only along with what is asked or done
        next, or with the commit, which then raises what `add` and `save` would have, or
        StoreFailure for what is not there. After that the unit of work is of no use."""

    def commit(self) -> None:
        """Make everything since the beginning durable and visible."""

    def begin_commit(self) -> Callable[[], None]:
        """As `commit`, but the store may do it while other things are done: what is returned
        waits until it is done, and raises what `commit` would. It is to be called once.

        The next unit of work may begin before: it sees what this one did, or, if that was
        undone, the state without it. Nobody outside may be told of either before the call has
        returned. If it is not made at all, that alone undoes nothing."""
