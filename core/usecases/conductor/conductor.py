"""The conductor: brings what is deployed to what is wanted, a recorded step at a time.

Any number of them may work on one store.
"""

from collections.abc import Sequence

from core.domain.messages import Report
from core.ports.clock import Clock
from core.ports.server_bus import Greeting
from core.ports.store import Store
from core.usecases.conductor.agents import AgentCare
from core.usecases.conductor.devices import DeviceSteps
from core.usecases.conductor.elastic import ElasticPools
from core.usecases.conductor.recovery import Recovery
from core.usecases.conductor.reports import ReportIntake
from core.usecases.conductor.services import ServiceSteps
from core.usecases.conductor.wiring import Wiring

LONGEST_WAIT = 5.0
"""Seconds between looks even when nothing seems due."""

_SHORTEST_WAIT = 0.005
"""What is due and was passed over is in somebody's hands, who needs a moment."""

DETACH_EVERY = 30.0
"""Seconds between two looks at networks that another conductor may have left attached."""


class Conductor:
    """One thread may `advance`, one take in reports and one answer hellos at the same time."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        agents: AgentCare,
        services: ServiceSteps,
        devices: DeviceSteps,
        elastic: ElasticPools,
        intake: ReportIntake,
        wiring: Wiring,
        recovery: Recovery,
    ) -> None:
        self._store = store
        self._clock = clock
        self._agents = agents
        self._services = services
        self._devices = devices
        self._elastic = elastic
        self._intake = intake
        self._wiring = wiring
        self._recovery = recovery
        self._next_detach = clock.monotonic()
        self._next_at: float | None = None

    def start(self) -> None:
        """Before the first `advance`, and when messages or the meaning of times may have been
        lost: have all that is unfinished looked at now."""
        self._recovery.run()

    def advance(self) -> int:
        """Take every due service and device one step, and look after agents, elastic pools and
        networks without users when it is time; returns how many steps there were."""
        if self._clock.monotonic() >= self._next_detach:
            self._next_detach = self._clock.monotonic() + DETACH_EVERY
            self._wiring.detach_idle()
        steps = self._agents.advance() + self._elastic.advance()
        with self._store.read() as work:
            times = work.due.next_times()
        now = self._clock.now()
        self._next_at = times.first
        if times.devices is not None and times.devices <= now:
            steps += self._devices.advance()
        if times.services is not None and times.services <= now:
            steps += self._services.advance()
        return steps

    def take_in(self, reports: Sequence[Report]) -> list[tuple[Report, str]]:
        """Record what agents reported. Returns the reports that cannot be recorded however
        often they come, with the reason."""
        return self._intake.take_in(reports)

    def hears(self) -> None:
        """See AgentCare.hears."""
        self._agents.hears()

    def answer(self, greetings: Sequence[Greeting]) -> None:
        """Record and answer agents' hellos."""
        self._agents.answer(greetings)

    def idle_for(self) -> float:
        """Seconds after an `advance` without steps until something falls due by itself."""
        wait = min(self._elastic.idle_for(), self._agents.idle_for(), LONGEST_WAIT)
        if self._next_at is None:
            return wait
        return min(max(self._next_at - self._clock.now(), _SHORTEST_WAIT), wait)
