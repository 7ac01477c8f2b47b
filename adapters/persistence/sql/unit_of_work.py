"""Units of work as SQL transactions."""

from collections.abc import Callable
from types import TracebackType

from sqlalchemy import Connection

from adapters.persistence.sql import records
from adapters.persistence.sql.bindings import SqlBindings
from adapters.persistence.sql.due import SqlDueWork
from adapters.persistence.sql.ledger import SqlLedger
from adapters.persistence.sql.load_balancers import SqlLoadBalancers
from adapters.persistence.sql.observations import SqlObservations
from adapters.persistence.sql.repository import SqlRepository
from adapters.persistence.sql.session import Session
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
from core.domain.service import Service
from core.domain.service_type import ServiceType
from core.ports.bindings import BindingRepository
from core.ports.device_ledger import DeviceLedger
from core.ports.due_work import DueWork
from core.ports.observations import Observations
from core.ports.repository import Repository
from core.ports.unit_of_work import UnitOfWork


class SqlUnitOfWork:
    """A UnitOfWork on a connection that `begin` gives and `end` takes back."""

    def __init__(
        self,
        begin: Callable[[], Connection],
        end: Callable[[Connection], None],
        *,
        writable: bool,
    ) -> None:
        self._begin = begin
        self._end = end
        session = self._session = Session(writable=writable)
        self.services: Repository[Service] = SqlRepository(session, records.SERVICES)
        self.service_types: Repository[ServiceType] = SqlRepository(session, records.SERVICE_TYPES)
        self.devices: Repository[Device] = SqlRepository(session, records.DEVICES)
        self.bindings: BindingRepository = SqlBindings(session)
        self.ledger: DeviceLedger = SqlLedger(session)
        self.decisions: Repository[Decision] = SqlRepository(session, records.DECISIONS)
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
        self._session.open(self._begin())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session.is_open:
            self._finish(self._session.connection)

    def commit(self) -> None:
        """Make the changes durable; the unit of work cannot be used any more."""
        connection = self._session.connection
        try:
            connection.commit()
        finally:
            self._finish(connection)

    def _finish(self, connection: Connection) -> None:
        self._session.close()
        self._end(connection)
