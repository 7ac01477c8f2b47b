"""The store in memory and its units of work."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType

from adapters.persistence import collection
from adapters.persistence.access import Access
from adapters.persistence.memory.audit import MemoryFleetAudit
from adapters.persistence.memory.bindings import MemoryBindings
from adapters.persistence.memory.decisions import MemoryDecisionLog
from adapters.persistence.memory.due import MemoryDueWork, MemoryObservations
from adapters.persistence.memory.feed import MemoryDevices, MemoryFleetFeed
from adapters.persistence.memory.ledger import MemoryLedger
from adapters.persistence.memory.repository import MemoryRepository
from adapters.persistence.memory.service_types import MemoryServiceTypes
from adapters.persistence.memory.tables import State, Tables
from adapters.persistence.writer_queue import WriterQueue
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


class MemoryStore:
    """A Store that lives as long as its process.

    Writers go one at a time, in the order in which they came; readers keep the state that
    was committed when they began.
    """

    def __init__(self) -> None:
        self._state: State = {}
        self._writers = WriterQueue()

    def write(self, *, fleet: bool = True) -> UnitOfWork:
        access = Access.FLEET if fleet else Access.CHANGE
        return MemoryUnitOfWork(self._begin_write, self._end_write, self._put, access)

    def read(self) -> UnitOfWork:
        return MemoryUnitOfWork(lambda: self._state, lambda: None, None, Access.LOOK)

    def _begin_write(self) -> State:
        self._writers.enter()
        return self._state

    def _end_write(self) -> None:
        self._writers.leave()

    def _put(self, state: State) -> None:
        self._state = state


class MemoryUnitOfWork:
    """A UnitOfWork over a committed state; `put` takes the next one, None: it only looks."""

    def __init__(
        self,
        begin: Callable[[], State],
        end: Callable[[], None],
        put: Callable[[State], None] | None,
        access: Access,
    ) -> None:
        self._begin = begin
        self._end = end
        self._put = put
        tables = self._tables = Tables(access)
        self.services: Repository[Service] = MemoryRepository(tables, collection.SERVICES)
        self.service_types: Repository[ServiceType] = MemoryServiceTypes(tables)
        feed = MemoryFleetFeed(tables)
        self.feed: FleetFeed = feed
        self.devices: Repository[Device] = MemoryDevices(tables, feed)
        self.device_pools: Repository[DevicePool] = MemoryRepository(
            tables, collection.DEVICE_POOLS
        )
        self.bindings: BindingRepository = MemoryBindings(tables, feed)
        self.ledger: DeviceLedger = MemoryLedger(tables, feed)
        self.audit: FleetAudit = MemoryFleetAudit(tables, feed)
        self.decisions: DecisionLog = MemoryDecisionLog(tables)
        self.load_balancers: Repository[LoadBalancer] = MemoryRepository(
            tables, collection.LOAD_BALANCERS
        )
        self.pools: Repository[Pool] = MemoryRepository(tables, collection.POOLS)
        self.members: Repository[Member] = MemoryRepository(tables, collection.MEMBERS)
        self.health_monitors: Repository[HealthMonitor] = MemoryRepository(
            tables, collection.HEALTH_MONITORS
        )
        self.pool_monitors: Repository[PoolMonitor] = MemoryRepository(
            tables, collection.POOL_MONITORS
        )
        self.networks: Repository[Network] = MemoryRepository(tables, collection.NETWORKS)
        self.subnets: Repository[Subnet] = MemoryRepository(tables, collection.SUBNETS)
        self.reservations: Repository[Reservation] = MemoryRepository(
            tables, collection.RESERVATIONS
        )
        self.agents: Repository[Agent] = MemoryRepository(tables, collection.AGENTS)
        self.observations: Observations = MemoryObservations(tables)
        self.due: DueWork = MemoryDueWork(tables)

    def __enter__(self) -> UnitOfWork:
        self._tables.open(self._begin())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._tables.is_open:
            self._tables.close()
            self._end()

    def together(self) -> AbstractContextManager[None]:
        """There are no round trips to save."""
        return nullcontext()

    def commit(self) -> None:
        """Make the changes visible; the unit of work cannot be used any more."""
        state = self._tables.state()
        if self._put is not None:
            self._put(state)
        self._tables.close()
        self._end()

    def begin_commit(self) -> Callable[[], None]:
        """See UnitOfWork.begin_commit: it is done at once."""
        self.commit()
        return lambda: None
