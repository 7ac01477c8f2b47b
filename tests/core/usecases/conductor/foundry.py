"""Elastic pools with all that makes and destroys their devices, taken step by step by hand."""

from adapters.devices.memory import MemoryAdvisor, MemoryDriver, MemoryProvisioner
from adapters.network.memory import MemoryWirer
from adapters.persistence.memory import MemoryStore
from adapters.secrets import MemorySecretStore
from adapters.system import ManualClock, NoAgentNotices, ThreadDoorbell
from adapters.system.ids import CountingIds
from core.domain.binding import Claim, NetworkNeed
from core.domain.device import Device
from core.domain.device_pool import DevicePool
from core.domain.placement.request import PlacementRequest, Requirements
from core.domain.query import Query
from core.domain.service import ServiceKind
from core.domain.service_type import Policy
from core.usecases.agent.agent import Agent
from core.usecases.agent.identity import AgentIdentity
from core.usecases.conductor.agents import AgentCare
from core.usecases.conductor.devices import DeviceSteps
from core.usecases.conductor.elastic import ElasticPools, Growth
from core.usecases.conductor.provisioning import Provisioning
from core.usecases.conductor.removal import ServiceRemoval
from core.usecases.conductor.reports import ReportIntake
from core.usecases.conductor.wiring import Wiring
from tests.builders import a_binding, a_service
from tests.core.usecases.conductor.answering import AnsweringBus

FRONT = NetworkNeed(network_id="front", cidr="127.9.0.0/24")


class Foundry:
    """No scheduler: tests bind services to the devices that they choose."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = ManualClock()
        self.secrets = MemorySecretStore()
        self.driver = MemoryDriver()
        self.provisioner = MemoryProvisioner()
        self.doorbell = ThreadDoorbell()
        self.bus = AnsweringBus(lambda greeting: self.care.answer([greeting]))
        self.ids = CountingIds()
        advisors = {"memory": MemoryAdvisor()}
        drivers = {"memory": MemoryAdvisor.info}
        provisioners = {"memory": self.provisioner}
        self.care = AgentCare(
            store=self.store, bus=self.bus, notices=NoAgentNotices(), clock=self.clock
        )
        self.elastic = ElasticPools(
            store=self.store,
            drivers=drivers,
            provisioners=provisioners,
            clock=self.clock,
            ids=self.ids,
        )
        self.provisioning = Provisioning(
            store=self.store,
            drivers=drivers,
            provisioners=provisioners,
            secrets=self.secrets,
            bus=self.bus,
            clock=self.clock,
            doorbell=self.doorbell,
        )
        wirer = MemoryWirer(self.clock, self.ids)
        wiring = Wiring(store=self.store, wirer=wirer, clock=self.clock, doorbell=self.doorbell)
        self.steps = DeviceSteps(
            store=self.store,
            bus=self.bus,
            kinds={},
            provisioning=self.provisioning,
            wiring=wiring,
            secrets=self.secrets,
            clock=self.clock,
        )
        removal = ServiceRemoval(
            store=self.store, ipam=wirer, wiring=wiring, kinds={}, clock=self.clock
        )
        self.intake = ReportIntake(
            store=self.store,
            kinds={},
            advisors=advisors,
            removal=removal,
            wiring=wiring,
            clock=self.clock,
            doorbell=self.doorbell,
        )
        self.agent = Agent(
            identity=AgentIdentity(id="a", host="h", version="1"),
            drivers={"memory": self.driver},
            bus=self.bus.agent("a"),
            clock=self.clock,
            ids=self.ids,
        )

    def settle(self) -> None:
        """Take steps until there is none left to take now."""
        self.agent.hello()
        moved = True
        while moved:
            moved = self.care.advance() + self.elastic.advance() + self.steps.advance() > 0
            while self.provisioning.serve_one(timeout=0.0) or self.agent.serve_one(timeout=0.0):
                moved = True
            delivery = self.bus.reports(timeout=0.0)
            if delivery is not None:
                assert self.intake.take_in(delivery.reports) == []
                moved = True

    def pass_time(self, seconds: float) -> None:
        """Let time pass a second at a time, taking every step on the way."""
        for _ in range(int(seconds)):
            self.clock.advance(1.0)
            self.settle()

    def add_pool(self, name: str = "burst", **fields) -> DevicePool:
        made = DevicePool(id=self.ids.new_id(), name=name, driver="memory", **fields)
        with self.store.write() as work:
            work.device_pools.add(made)
            work.commit()
        return made

    def pool(self) -> DevicePool:
        with self.store.read() as work:
            [only] = work.device_pools.find(Query())
        return only

    def devices(self, **filters) -> list[Device]:
        wanted = {key: (value,) for key, value in filters.items()}
        with self.store.read() as work:
            return work.devices.find(Query(filters=wanted))

    def grow(self, project: str = "red", pool: str = "burst", **policy) -> Growth:
        """Ask for a device as the conductor does when no device fits."""
        with self.store.write() as work:
            growth = self.elastic.grow(work, request(project, pool, **policy))
            work.commit()
        return growth

    def bind(self, device: Device, name: str = "shop", project: str = "red", **fields) -> str:
        """Put a service on a device; it is due in a long time. `fields` are the binding's."""
        service = a_service(name, project_id=project, due_at=9e9)
        where = {"device_id": device.id, "driver": "memory", "networks": (FRONT,)}
        binding = a_binding(name, project_id=project, **where, **fields)
        with self.store.write() as work:
            if work.services.get(service.id) is None:
                work.services.add(service)
            assert work.bindings.claim([Claim(binding=binding, interface="eth1")]) == [None]
            work.commit()
        return service.id

    def release(self, service_id: str) -> None:
        with self.store.write() as work:
            work.bindings.release([service_id])
            work.commit()

    def service_due_at(self, service_id: str) -> float | None:
        with self.store.read() as work:
            return work.services.get(service_id).due_at

    def is_bound(self, service_id: str) -> bool:
        with self.store.read() as work:
            return work.bindings.get(service_id) is not None


def request(project: str = "red", pool: str = "burst", **policy) -> PlacementRequest:
    return PlacementRequest(
        service_id="shop",
        project_id=project,
        kind=ServiceKind.LOADBALANCER,
        service_type_id="gold",
        drivers=("memory",),
        requirements=Requirements(vip_address="127.9.0.10", networks=(FRONT,)),
        policy=Policy(elastic_pool=pool, **policy),
    )
