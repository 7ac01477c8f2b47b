"""Two conductors and three agents that die, pause, and do not hear each other, by chance.

Everything runs in one thread: in the middle of what one process does, the others take steps, and
it may be dead, or long past its lease, when its turn comes again.
"""

import contextlib
import random
from collections import defaultdict
from collections.abc import Callable, Sequence

from dependency_injector import providers

from adapters.messaging.device_queues import Arrived, DeviceQueues
from adapters.network.loopback import LoopbackWirer
from adapters.persistence.memory import MemoryStore
from adapters.system import ManualClock
from adapters.system.ids import CountingIds
from core.domain.binding import Attachment
from core.domain.errors import PierheadError
from core.domain.lifecycle import Status
from core.domain.messages import AgentHello, AgentLease, Command, Report
from core.domain.query import Query
from core.domain.wiring import Site
from core.ports.agent_bus import Batch
from core.ports.server_bus import Delivery, Greeting
from core.usecases.agent.agent import Agent
from core.usecases.agent.identity import AgentIdentity
from core.usecases.fleet.device_types import CreateDevice, UpdateDevice
from core.usecases.fleet.service_types import CreateServiceType
from core.usecases.loadbalancing.types import UpdateVip
from pierhead.containers.memory import Memory
from tests.core.usecases.conductor.appliances import ApplianceDriver, Appliances, Wires
from tests.core.usecases.conductor.lab import ADMIN, Killed, Lab

Pauses = Sequence[tuple[float, Sequence[int]]]
"""How probably others take steps in the middle of what a process does, and how many: first of what
happens by itself, then of what happens meanwhile."""

SHORT: Pauses = [(0.1, (2, 5, 10, 60)), (0.03, (1, 4, 20)), (0.0, (0,))]
LONG: Pauses = [(0.2, (5, 60, 250)), (0.03, (1, 4, 20)), (0.0, (0,))]
"""Long enough for the process to be taken for dead and its devices to be given to others."""

AGENTS = ("a", "b", "c")
CONDUCTORS = ("one", "two")


class Process:
    """A conductor or an agent from its start to its end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.stopped = False
        self.doing: set[str] = set()


class ConductorProcess(Process):
    """A conductor, its end of the bus, and its wires."""

    def __init__(self, name: str, chaos: "Chaos") -> None:
        super().__init__(name)
        self.began = chaos.clock.monotonic()
        self.in_hand: list[Report] = []
        self._chaos = chaos
        container = Memory()
        container.clock.override(providers.Object(chaos.clock))
        container.ids.override(providers.Object(chaos.ids))
        container.store.override(providers.Object(_Store(chaos, self)))
        container.bus.override(providers.Object(self))
        container.wirer.override(providers.Object(_Wirer(chaos, self, container)))
        self.conductor = container.core.conductor()

    def send(self, agent_id: str, command: Command) -> None:
        self._chaos.interlude(self)
        self._chaos.on_their_way[self, agent_id].append(command)

    def reports(self, timeout: float) -> Delivery | None:
        del timeout
        self.in_hand = self._chaos.take_reports(self)
        return Delivery(1, tuple(self.in_hand)) if self.in_hand else None

    def done(self, delivery: Delivery, refused: Sequence[object] = ()) -> None:
        del delivery
        self._chaos.check(self)
        assert not refused
        self.in_hand = []

    def answer(self, greeting: Greeting, lease: AgentLease) -> None:
        self._chaos.check(self)
        self._chaos.answers[greeting.number] = lease

    def listening_since(self) -> float:
        return self.began


class AgentProcess(Process):
    """An agent and its end of the bus."""

    def __init__(self, name: str, chaos: "Chaos") -> None:
        super().__init__(name)
        self._chaos = chaos
        self._queues = chaos.queues[name]
        driver = ApplianceDriver(chaos.appliances, lambda: chaos.interlude(self, LONG))
        self.agent = Agent(
            identity=AgentIdentity(id=name, host="h", version="1", heartbeat=1.0),
            drivers={"memory": driver},
            bus=self,
            clock=chaos.clock,
            ids=chaos.ids,
        )

    def take(self, timeout: float) -> Batch | None:
        self._chaos.check(self)
        return self._queues.take(timeout)

    def done(self, batch: Batch, rest: float = 0.0) -> None:
        del rest
        self._chaos.check(self)
        self._queues.done(batch, 0.0)

    def report(self, report: Report) -> None:
        self._chaos.check(self)
        self._chaos.outboxes[self.name].append(report)

    def greet(self, hello: AgentHello, timeout: float) -> AgentLease | None:
        del timeout
        self._chaos.interlude(self)
        answer = self._chaos.greet(hello)
        self._chaos.interlude(self)
        return answer

    def backlog(self) -> int:
        return self._queues.backlog()


class Chaos:
    """`step` has something happen; after `heal` everything works, and `settle` lets it."""

    def __init__(self, seed: int, kill: float = 0.0015) -> None:
        self._random = random.Random(seed)
        self._kill = kill
        self._depth = 0
        self._calm = True
        self.store = MemoryStore()
        self.clock = ManualClock()
        self.ids = CountingIds()
        self.appliances, self.wires = Appliances(), Wires()
        self.api = Lab()
        self.api.store, self.api.clock = self.store, self.clock
        self.api.process.store.override(providers.Object(self.store))
        self.api.process.clock.override(providers.Object(self.clock))
        self.api.process.ids.override(providers.Object(self.ids))
        self.queues = {name: DeviceQueues() for name in AGENTS}
        self.on_their_way: defaultdict[tuple[Process, str], list[Command]] = defaultdict(list)
        self.outboxes: dict[str, list[Report]] = {name: [] for name in AGENTS}
        self.inbox: list[Report] = []
        self.late_hellos: list[AgentHello] = []
        self.answers: dict[int, AgentLease] = {}
        self._hellos = 0
        self.conductors: dict[str, ConductorProcess] = {}
        self.agents: dict[str, AgentProcess] = {}
        self._prepare()
        self._start_all()
        self.settle()
        self._calm = False

    def _prepare(self) -> None:
        core = self.api.process.core
        for name in ("lb1", "lb2", "lb3"):
            core.devices().create(ADMIN, [CreateDevice(name=name, driver="memory")])
        core.service_types().create(
            ADMIN, [CreateServiceType(name="gold", drivers=("memory",), default=True)]
        )
        self._subnets = [self.api.add_subnet(f"127.{n}.0.0/24") for n in (1, 2, 3)]

    # What processes call.

    def check(self, process: Process) -> None:
        """Dead processes do nothing; those that live may die here."""
        if not process.dead and not self._calm and self._random.random() < self._kill:
            self._die(process)
        if process.dead:
            raise Killed

    def interlude(self, process: Process, pauses: Pauses = SHORT) -> None:
        """Others do something while this process is on its way; perhaps all of it is stopped."""
        self.check(process)
        chance, lengths = pauses[self._depth]
        if not self._calm and self._random.random() < chance:
            stopped, process.stopped = process.stopped, self._random.random() < 0.5
            self._depth += 1
            for _ in range(self._random.choice(lengths)):
                self.step()
            self._depth -= 1
            process.stopped = stopped
        self.check(process)

    def take_reports(self, conductor: ConductorProcess) -> list[Report]:
        """One conductor at a time has reports in hand."""
        if any(other.in_hand for other in self.conductors.values()):
            return []
        count = len(self.inbox) if self._calm else self._random.randint(0, len(self.inbox))
        taken, self.inbox = self.inbox[:count], self.inbox[count:]
        del conductor
        return taken

    def greet(self, hello: AgentHello) -> AgentLease | None:
        """Sometimes the hello or its answer gets lost, or the hello comes late."""
        chance = 1.0 if self._calm else self._random.random()
        if chance < 0.1:
            return None
        if chance < 0.2:
            self.late_hellos.append(hello)
            return None
        answer = self._answered(hello)
        return None if chance < 0.3 else answer

    def _answered(self, hello: AgentHello) -> AgentLease | None:
        free = [
            each
            for each in self.conductors.values()
            if not each.stopped and "answer" not in each.doing
        ]
        if not free:
            return None
        conductor = self._random.choice(free)
        self._hellos += 1
        number = self._hellos
        greeting = Greeting(number, hello)
        self._run(conductor, "answer", lambda: conductor.conductor.answer([greeting]))
        return self.answers.pop(number, None)

    # What happens.

    def step(self) -> None:
        """Something happens."""
        steps: list[tuple[int, Callable[[], object]]] = [
            (8, self._let_time_pass),
            (10, self._conduct),
            (5, self._take_in),
            (9, self._serve),
            (7, self._hello),
            (10, self._deliver),
            (6, self._deliver_reports),
            (2, self._observe),
            (8, self._change_something),
            (1, self._greet_late),
            (1, self._break_or_mend),
            (3, self._restart_someone),
        ]
        weights = [weight for weight, _ in steps]
        self._random.choices([action for _, action in steps], weights)[0]()

    def _let_time_pass(self) -> None:
        longest = 1.0 if self._depth else self._random.choice((0.5, 0.5, 0.5, 1.0, 4.0, 31.0))
        self.clock.advance(self._random.uniform(0.0, longest))

    def _conduct(self) -> None:
        conductor = self._one_of(self.conductors)
        if conductor is not None:
            self._run(conductor, "advance", conductor.conductor.advance)

    def _take_in(self) -> None:
        conductor = self._one_of(self.conductors)
        if conductor is not None:
            self._run(conductor, "take in", lambda: self._take_in_of(conductor))

    def _take_in_of(self, conductor: ConductorProcess) -> None:
        delivery = conductor.reports(0.0)
        if delivery is not None:
            conductor.done(delivery, conductor.conductor.take_in(delivery.reports))

    def _serve(self) -> None:
        agent = self._one_of(self.agents)
        # What is observed is locked, and the only thread there is must not wait for itself.
        if agent is not None and "observe" not in agent.doing:
            thread = "serve" if "serve" not in agent.doing else "serve too"
            self._run(agent, thread, lambda: agent.agent.serve_one(0.0))

    def _hello(self) -> None:
        agent = self._one_of(self.agents)
        if agent is not None:
            leaving = not self._calm and self._random.random() < 0.03
            self._run(agent, "hello", agent.agent.leave if leaving else agent.agent.hello)
            if leaving and not agent.dead:
                self._die(agent)

    def _observe(self) -> None:
        agent = self._one_of(self.agents)
        if agent is not None:
            self._run(agent, "observe", agent.agent.observe_next)

    def _deliver(self) -> None:
        """Some commands of one sender for one agent arrive, in order; a few get lost, a few come
        again later."""
        waiting = [key for key, commands in self.on_their_way.items() if commands]
        if not waiting:
            return
        key = self._random.choice(waiting)
        commands = self.on_their_way[key]
        for _ in range(self._random.randint(1, len(commands))):
            command = commands.pop(0)
            chance = self._random.random()
            if chance >= 0.05:
                self.queues[key[1]].put(Arrived(command))
            if chance >= 0.85:
                commands.append(command)

    def _deliver_reports(self) -> None:
        outbox = self.outboxes[self._random.choice(AGENTS)]
        for _ in range(self._random.randint(0, len(outbox))):
            report = outbox.pop(0)
            chance = self._random.random()
            self.inbox += [report] * (0 if chance < 0.05 else 2 if chance > 0.95 else 1)

    def _greet_late(self) -> None:
        if self.late_hellos:
            hello = self.late_hellos.pop(self._random.randrange(len(self.late_hellos)))
            self._answered(hello)

    def _break_or_mend(self) -> None:
        with self.store.read() as work:
            device = self._random.choice(work.devices.find(Query()))
        self.appliances.down ^= {device.id}

    def _restart_someone(self) -> None:
        absent = [each for each in (*CONDUCTORS, *AGENTS) if each not in self._living()]
        if absent:
            self._start(self._random.choice(absent))
        elif self._random.random() < 0.05:
            name = self._random.choice((*CONDUCTORS, *AGENTS))
            self._die({**self.conductors, **self.agents}[name])

    def _change_something(self) -> None:
        core = self.api.process.core
        vips = [each for each in core.vips().list(ADMIN, Query()) if each.status != _GONE]
        what = self._random.random()
        with contextlib.suppress(PierheadError):
            if (what < 0.35 and len(vips) < 4) or not vips:
                self.api.add_vip(self._subnet(), self.api.add_pool(self._subnet()))
            elif what < 0.7:
                limit = self._random.randint(1, 1000)
                vip = self._random.choice(vips)
                core.vips().update(ADMIN, vip.id, UpdateVip(connection_limit=limit))
            elif what < 0.8:
                pool_id = self.api.add_pool(self._subnet())
                core.vips().update(ADMIN, self._random.choice(vips).id, UpdateVip(pool_id=pool_id))
            elif what < 0.9:
                core.vips().delete(ADMIN, self._random.choice(vips).id)
            else:
                self._change_a_device()

    def _change_a_device(self) -> None:
        devices = self.api.process.core.devices()
        known = devices.list(ADMIN, Query())
        what = self._random.random()
        if what < 0.4 and len(known) < 5:
            self._hellos += 1
            devices.create(ADMIN, [CreateDevice(name=f"more{self._hellos}", driver="memory")])
        elif what < 0.7 and len(known) > 2:
            devices.delete(ADMIN, self._random.choice(known).id)
        else:
            labels = {"rack": str(self._random.randint(1, 9))}
            devices.update(ADMIN, self._random.choice(known).id, UpdateDevice(labels=labels))

    def _subnet(self) -> str:
        return self._random.choice(self._subnets)

    # Life and death.

    def _living(self) -> dict[str, Process]:
        return {**self.conductors, **self.agents}

    def _one_of(self, processes: dict[str, "Process"]):
        names = sorted(processes)
        return processes[self._random.choice(names)] if names else None

    def _run(self, process: Process, what: str, work: Callable[[], object]) -> None:
        if process.dead or process.stopped or what in process.doing:
            return
        process.doing.add(what)
        try:
            work()
        except Killed:
            assert process.dead
        finally:
            process.doing.discard(what)

    def _die(self, process: Process) -> None:
        process.dead = True
        if isinstance(process, ConductorProcess):
            del self.conductors[process.name]
            self.inbox[:0] = process.in_hand
            process.in_hand = []
        else:
            del self.agents[process.name]
            outbox = self.outboxes[process.name]
            del outbox[self._random.randint(0, len(outbox)) :]

    def _start(self, name: str) -> None:
        if name in CONDUCTORS:
            self.conductors[name] = made = ConductorProcess(name, self)
            self._run(made, "advance", made.conductor.start)
        else:
            self.queues[name].give_back()
            self.agents[name] = AgentProcess(name, self)

    def _start_all(self) -> None:
        for name in (*CONDUCTORS, *AGENTS):
            if name not in self._living():
                self._start(name)

    def heal(self) -> None:
        """From now on nothing goes wrong."""
        self._calm = True
        self.appliances.down.clear()
        self._start_all()

    def settle(self, seconds: float = 60.0) -> None:
        """Let time pass with everybody at work."""
        for _ in range(round(seconds / 20.0)):
            self.clock.advance(20.0)
            for agent in self.agents.values():
                agent.agent.hello()
                if not agent.agent.await_lease(0.0):
                    agent.agent.hello()
            while self._round():
                pass

    def _round(self) -> int:
        moved = sum(each.conductor.advance() for each in self.conductors.values())
        for (_, agent_id), commands in self.on_their_way.items():
            for command in commands:
                self.queues[agent_id].put(Arrived(command))
            commands.clear()
        moved += sum(each.agent.serve_one(0.0) for each in self.agents.values())
        for outbox in self.outboxes.values():
            self.inbox += outbox
            outbox.clear()
        if self.inbox:
            moved += 1
            self._take_in()
        return moved


_GONE = Status.PENDING_DELETE


class _Store:
    """The store as a process uses it that may die."""

    def __init__(self, chaos: Chaos, process: Process) -> None:
        self._chaos = chaos
        self._process = process

    def read(self):
        return self._chaos.store.read()

    def write(self, *, fleet: bool = True):
        self._chaos.interlude(self._process)
        return _Work(self._chaos.store.write(fleet=fleet), self._chaos, self._process)


class _Work:
    """A unit of work whose process may die before or after its commit."""

    def __init__(self, real, chaos: Chaos, process: Process) -> None:
        self._real, self._chaos, self._process = real, chaos, process

    def __getattr__(self, name: str):
        return getattr(self._real, name)

    def __enter__(self):
        self._real.__enter__()
        return self

    def __exit__(self, *details):
        return self._real.__exit__(*details)

    def commit(self) -> None:
        self.begin_commit()()

    def begin_commit(self):
        self._chaos.check(self._process)
        until_done = self._real.begin_commit()

        def wait() -> None:
            until_done()
            self._chaos.interlude(self._process)

        return wait


class _Wirer:
    """A LoopbackWirer with wires."""

    def __init__(self, chaos: Chaos, process: Process, container: Memory) -> None:
        self._chaos, self._process = chaos, process
        self._real = LoopbackWirer(chaos.store, chaos.clock, container.ids())

    def __getattr__(self, name: str):
        return getattr(self._real, name)

    def attach(
        self, site: Site, network_id: str, interface: str, cidrs: Sequence[str]
    ) -> Attachment:
        made = self._real.attach(site, network_id, interface, cidrs)
        return self._chaos.wires.attach(self._process.name, made, self._interlude)

    def detach(self, site: Site, network_id: str) -> None:
        place = (site.device_id, network_id)
        self._chaos.wires.detach(self._process.name, place, self._interlude)

    def _interlude(self) -> None:
        self._chaos.interlude(self._process)
