"""Units of work as SQL transactions."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType

from sqlalchemy import Connection

from adapters.persistence.access import Access
from adapters.persistence.sql import records
from adapters.persistence.sql.audit import SqlFleetAudit
from adapters.persistence.sql.bindings import SqlBindings
from adapters.persistence.sql.decisions import SqlDecisionLog
from adapters.persistence.sql.devices import SqlDevices
from adapters.persistence.sql.due import SqlDueWork
from adapters.persistence.sql.feed import SqlFleetFeed
from adapters.persistence.sql.ledger import SqlLedger
from adapters.persistence.sql.load_balancers import SqlLoadBalancers
from adapters.persistence.sql.observations import SqlObservations
from adapters.persistence.sql.repository import SqlRepository
from adapters.persistence.sql.round_trip import Order
from adapters.persistence.sql.service_types import SqlServiceTypes
from adapters.persistence.sql.session import Session
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
from core.ports.unit_of_work import UnitOfWork

Begin = Callable[[], "Beginning"]
End = Callable[[], None]
"""Lets the next unit of work begin."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a unit of work begins: on a connection; `first` is what goes along with its first
    statement."""

    connection: Connection
    first: tuple[Order, ...] = ()


class SqlUnitOfWork:
    """A UnitOfWork on a connection that `begin` gives, until `end`."""

    def __init__(self, begin: Begin, end: End, access: Access) -> None:
        self._begin = begin
        self._end = end
        session = self._session = Session(access)
        self.services: Repository[Service] = SqlRepository(session, records.SERVICES)
        self.service_types: Repository[ServiceType] = SqlServiceTypes(session)
        feed = self._feed = SqlFleetFeed(session)
        self.feed: FleetFeed = feed
        self.devices: Repository[Device] = SqlDevices(session, feed)
        self.device_pools: Repository[DevicePool] = SqlRepository(session, records.DEVICE_POOLS)
        self.bindings: BindingRepository = SqlBindings(session, feed)
        self.ledger: DeviceLedger = SqlLedger(session, feed)
        self.audit: FleetAudit = SqlFleetAudit(session, feed)
        self.decisions: DecisionLog = SqlDecisionLog(session)
        self.load_balancers: Repository[LoadBalancer] = SqlLoadBalancers(session)
        self.pools: Repository[Pool] = SqlRepository(session, records.POOLS)
        self.members: Repository[Member] = SqlRepository(session, records.MEMBERS)
        self.health_monitors: Repository[HealthMonitor] = SqlRepository(
            session, records.HEALTH_MONITORS
        )
        self.pool_monitors: Repository[PoolMonitor] = SqlRepository(session, records.POOL_MONITORS)
        self.networks: Repository[Network] = SqlRepository(session, records.NETWORKS)
        self.subnets: Repository[Subnet] = SqlRepository(session, records.SUBNETS)
        self.reservations: Repository[Reservation] = SqlRepository(session, records.RESERVATIONS)
        self.agents: Repository[Agent] = SqlRepository(session, records.AGENTS)
        self.observations: Observations = SqlObservations(session)
        self.due: DueWork = SqlDueWork(session)

    def __enter__(self) -> UnitOfWork:
        beginning = self._begin()
        self._session.open(beginning.connection, beginning.first)
        self._feed.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session.is_open:
            self._give_up()

    def together(self) -> AbstractContextManager[None]:
        """See UnitOfWork.together."""
        return self._session.together()

    def commit(self) -> None:
        """Make the changes durable; the unit of work cannot be used any more."""
        self.begin_commit()()

    def begin_commit(self) -> Callable[[], None]:
        """See UnitOfWork.begin_commit: PostgreSQL does it while other things are done."""
        self._session.check_open()
        try:
            self._feed.write()
            wait = self._session.begin_commit()
        except BaseException:
            self._give_up()
            raise
        self._end()
        return wait

    def _give_up(self) -> None:
        try:
            self._session.close()
        finally:
            self._end()
