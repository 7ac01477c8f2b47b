"""A whole system in memory whose every step is taken by hand, and which can be killed at any."""

from collections.abc import Callable
from functools import partial

from dependency_injector import providers

from adapters.devices.memory import MemoryDriver, MemoryProvisioner
from adapters.persistence.memory import MemoryStore
from adapters.system import ManualClock
from core.domain.device import VIPS, Device
from core.domain.loadbalancer.model import Method, MonitorType, Protocol
from core.domain.query import Query
from core.ports.server_bus import Greeting
from core.usecases.agent.agent import Agent
from core.usecases.agent.identity import AgentIdentity
from core.usecases.caller import Caller
from core.usecases.conductor.conductor import Conductor
from core.usecases.fleet.device_pool_types import CreateDevicePool
from core.usecases.fleet.device_types import CreateDevice
from core.usecases.fleet.service_types import CreateServiceType
from core.usecases.loadbalancing.types import (
    CreateHealthMonitor,
    CreateMember,
    CreatePool,
    CreateVip,
)
from core.usecases.networks.types import CreateNetwork, CreateSubnet
from pierhead.containers.memory import Memory
from tests.core.usecases.conductor.answering import AnsweringBus

ADMIN = Caller(project_id="demo", is_admin=True)


class Killed(BaseException):
    """The process died here. Not an Exception: no code may handle it."""


class FaultPoint:
    """Counts the calls that reach the outside and dies before or after the chosen one, or has
    something else happen after it (`meanwhile`)."""

    def __init__(self) -> None:
        self.calls = 0
        self.die_at: int | None = None
        self.meanwhile_at: int | None = None
        self.meanwhile: Callable[[], object] = lambda: None

    def __call__(self, call: Callable, *args, **kwargs):
        before, self.calls = self.calls, self.calls + 2
        if self.die_at == before:
            raise Killed
        result = call(*args, **kwargs)
        if self.die_at == before + 1:
            raise Killed
        if self.meanwhile_at == before + 1:
            self.meanwhile()
        return result


class Mortal:
    """Passes everything on to the real object, through the fault point."""

    def __init__(self, real, fault: FaultPoint, names: set[str]) -> None:
        self._real, self._fault, self._names = real, fault, names

    def __getattr__(self, name):
        attribute = getattr(self._real, name)
        if name in self._names:
            return lambda *args, **kwargs: self._fault(attribute, *args, **kwargs)
        return attribute


class MortalWork(Mortal):
    """A unit of work whose commit may be the last thing that happens."""

    def __enter__(self):
        self._real.__enter__()
        return self

    def __exit__(self, *details):
        return self._real.__exit__(*details)


class MortalStore:
    """Hands out mortal units of work over a store that survives."""

    def __init__(self, store: MemoryStore, fault: FaultPoint) -> None:
        self._store, self._fault = store, fault

    def read(self):
        return self._store.read()

    def write(self, *, fleet: bool = True):
        return MortalWork(self._store.write(fleet=fleet), self._fault, {"commit", "begin_commit"})


class Lab:
    """The store, the devices and the clock outlive the process; everything else is new after
    `restart`. There is one agent, "memory", and those that are added; all reach the same devices.

    `acting` is whose turn it was last: "conductor" or an agent's id.
    """

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.devices = MemoryDriver()
        self.provisioner = MemoryProvisioner()
        self.clock = ManualClock()
        self.fault = FaultPoint()
        self.acting = "conductor"
        self.bus = AnsweringBus(self._answer)
        self.process = self._new_process()
        self.others: dict[str, Agent] = {}
        self._added: dict[str, Callable[[], Agent]] = {}
        self.silent: set[str] = set()

    @property
    def conductor(self) -> Conductor:
        """The one that works now."""
        return self.process.core.conductor()

    @property
    def agent(self) -> Agent:
        """The one that is always there."""
        return self.process.agency.agent()

    @property
    def agents(self) -> dict[str, Agent]:
        """All of them that are not silent."""
        known = {"memory": self.agent, **self.others}
        return {name: agent for name, agent in known.items() if name not in self.silent}

    def _new_process(self) -> Memory:
        process = Memory()
        process.clock.override(providers.Object(self.clock))
        process.store.override(providers.Object(MortalStore(self.store, self.fault)))
        process.device_driver.override(providers.Object(self.mortal_driver()))
        process.provisioner.override(
            providers.Object(Mortal(self.provisioner, self.fault, {"provision", "destroy"}))
        )
        process.bus.override(providers.Object(Mortal(self.bus, self.fault, {"send", "done"})))
        process.agency.bus.override(providers.Object(self._agents_end("memory")))
        if hasattr(self, "process"):
            process.secrets.override(self.process.secrets)
        return process

    def mortal_driver(self) -> Mortal:
        """The devices' driver as an agent has it that may die."""
        names = {"probe", "apply", "release", "retire"}
        return Mortal(self.devices, self.fault, names)

    def _agents_end(self, name: str) -> Mortal:
        return Mortal(self.bus.agent(name), self.fault, {"report", "done"})

    def _answer(self, greeting: Greeting) -> None:
        self.acting = "conductor"
        self.conductor.answer([greeting])

    def restart(self) -> None:
        """A new process over what survived."""
        self.bus = AnsweringBus(self._answer)
        self.process = self._new_process()
        for agent in list(self._added.values()):
            agent()
        self.process.core.conductor().start()

    def restart_conductor(self) -> None:
        """A new conductor; the agent and what is on its way survived."""
        agent = self.agent
        self.process = self._new_process()
        self.process.agency.agent.override(providers.Object(agent))
        self.process.core.conductor().start()

    def restart_agent(self, name: str = "memory") -> None:
        """A new agent; the conductor and what is on its way survived."""
        self.bus.agent(name).close()
        if name != "memory":
            self._added[name]()
            return
        self.process.agency.bus.override(providers.Object(self._agents_end("memory")))
        self.process.agency.agent.reset()

    def add_agent(
        self,
        name: str,
        drivers: tuple[str, ...] = ("memory",),
        host: str = "localhost",
        **details,
    ) -> Agent:
        """One more agent, which says hello from the next round on."""
        self._added[name] = partial(self.add_agent, name, drivers, host, **details)
        identity = AgentIdentity(id=name, host=host, version="1", heartbeat=1.0, **details)
        self.others[name] = Agent(
            identity=identity,
            drivers=dict.fromkeys(drivers, self.mortal_driver()),
            bus=self._agents_end(name),
            clock=self.clock,
            ids=self.process.ids(),
        )
        return self.others[name]

    def beat(self) -> None:
        """Have the agents say hello, again when they begin anew."""
        for agent in self.agents.values():
            agent.hello()
            if not agent.await_lease(0.0):
                agent.hello()

    def settle(self) -> None:
        """Take steps until there is none left to take now."""
        self.beat()
        while self.conduct() + self.serve() + self.take_in():
            pass

    def conduct(self) -> int:
        """A round of the conductor, and what it has made."""
        self.acting = "conductor"
        steps = self.conductor.advance()
        while self.process.core.provisioning().serve_one(timeout=0.0):
            steps += 1
        while self.process.core.wiring().serve_one(timeout=0.0):
            steps += 1
        return steps

    def serve(self) -> int:
        """Have the agents carry out what waits."""
        count = 0
        for name, agent in self.agents.items():
            self.acting = name
            count += _served(agent)
        return count

    def take_in(self) -> int:
        """Record what was reported."""
        self.acting = "conductor"
        bus = self.process.bus()
        delivery = bus.reports(timeout=0.0)
        if delivery is None:
            return 0
        bus.done(delivery, self.conductor.take_in(delivery.reports))
        return 1

    def pass_time(self, seconds: float, step: float = 1.0) -> None:
        """Let time pass, taking every step on the way."""
        for _ in range(round(seconds / step)):
            self.clock.advance(step)
            self.settle()

    def add_device(self, name: str = "lb1", **details) -> str:
        [device] = self.process.core.devices().create(
            ADMIN, [CreateDevice(name=name, driver="memory", **details)]
        )
        return device.id

    def add_device_pool(self, name: str = "burst", **details) -> str:
        [pool] = self.process.core.device_pools().create(
            ADMIN, [CreateDevicePool(name=name, driver="memory", **details)]
        )
        return pool.id

    def add_service_type(self, name: str = "gold", **details) -> str:
        details.setdefault("drivers", ("memory",))
        [kind] = self.process.core.service_types().create(
            ADMIN, [CreateServiceType(name=name, **details)]
        )
        return kind.id

    def add_subnet(self, cidr: str) -> str:
        [network] = self.process.core.networks().create(ADMIN, [CreateNetwork()])
        [subnet] = self.process.core.subnets().create(
            ADMIN, [CreateSubnet(network_id=network.id, cidr=cidr)]
        )
        return subnet.id

    def add_pool(self, subnet_id: str, *members: tuple[str, int]) -> str:
        core = self.process.core
        [pool] = core.pools().create(
            ADMIN,
            [CreatePool(subnet_id=subnet_id, protocol=Protocol.HTTP, lb_method=Method.ROUND_ROBIN)],
        )
        core.members().create(
            ADMIN,
            [
                CreateMember(pool_id=pool.id, address=address, protocol_port=port)
                for address, port in members
            ],
        )
        return pool.id

    def add_monitor(self, pool_id: str, kind: MonitorType = MonitorType.TCP) -> str:
        core = self.process.core
        [monitor] = core.health_monitors().create(
            ADMIN, [CreateHealthMonitor(type=kind, delay=1, timeout=1, max_retries=1)]
        )
        core.pools().associate_monitor(ADMIN, pool_id, monitor.id)
        return monitor.id

    def add_vip(self, subnet_id: str, pool_id: str, port: int = 8080, **details) -> str:
        [vip] = self.process.core.vips().create(
            ADMIN,
            [
                CreateVip(
                    subnet_id=subnet_id,
                    protocol=Protocol.HTTP,
                    protocol_port=port,
                    pool_id=pool_id,
                    **details,
                )
            ],
        )
        return vip.id

    def vip(self, identity: str):
        return self.process.core.vips().show(ADMIN, identity)

    def why(self, identity: str) -> str:
        """What the tenant is told of a VIP, without the time of the next try."""
        return self.vip(identity).status_description.partition("; tried again at ")[0]

    def stored_device(self, identity: str) -> Device:
        with self.store.read() as work:
            return work.devices.get(identity)

    def device(self, identity: str):
        return self.process.core.devices().show(ADMIN, identity)

    def check_nothing_leaked(self) -> None:
        """Counters equal the sum of the claims; what belongs to nothing is gone."""
        with self.store.read() as work:
            services = {service.id for service in work.services.find(Query())}
            bindings = work.bindings.find(Query())
            usage = work.ledger.usage()
            reservations = work.reservations.find(Query())
            balancers = {each.id for each in work.load_balancers.find(Query())}
            devices = work.devices.find(Query())
        assert balancers == services
        assert {binding.service_id for binding in bindings} <= services
        assert {reservation.owner for reservation in reservations} == services
        for device in devices:
            mine = [binding for binding in bindings if binding.device_id == device.id]
            used = usage[device.id].used if device.id in usage else {}
            assert used.get(VIPS, 0) == len(mine)
            users: dict[str, int] = {}
            for binding in mine:
                for need in binding.networks:
                    users[need.network_id] = users.get(need.network_id, 0) + 1
            seen = (
                {each.network_id: each.users for each in usage[device.id].networks} if used else {}
            )
            assert seen == users
            assert used.get("vlans:eth1", 0) == len(users)
            assert set(self.devices.running(device.id)) == {each.service_id for each in mine}


def _served(agent: Agent) -> int:
    count = 0
    while agent.serve_one(timeout=0.0):
        count += 1
    return count
