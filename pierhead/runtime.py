"""The threads of a daemon: one that conducts, one that takes in reports, and the agent's."""

import threading
from collections.abc import Callable
from dataclasses import replace

import structlog

from core.ports.agent_bus import AgentBus
from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.usecases.agent.agent import Agent
from core.usecases.conductor.conductor import Conductor
from core.usecases.conductor.provisioning import Provisioning
from core.usecases.fleet.retention import ForgetOldDecisions
from core.usecases.loadbalancing.addresses import ReleaseOrphanAddresses

_HELLO_SECONDS = 5.0
_HOUSEKEEPING_SECONDS = 300.0
_OBSERVERS = 2
"""Threads that look at devices: one that hangs must not blind the other."""
_PROVISIONERS = 2
"""Threads that make and destroy devices of elastic pools."""
_JUMP = 2.0
"""Seconds by which the clock must have been set back to matter."""
_AFTER_A_DEFECT = 1.0

_log = structlog.get_logger(__name__)


class Runtime:
    """Starts and stops the threads. A defect in one round is logged and the next is made."""

    def __init__(
        self,
        *,
        conductor: Conductor,
        agent: Agent,
        provisioning: Provisioning,
        bus: AgentBus,
        doorbell: Doorbell,
        clock: Clock,
        orphans: ReleaseOrphanAddresses,
        forget_decisions: ForgetOldDecisions,
        agent_threads: int,
    ) -> None:
        self._conductor = conductor
        self._agent = agent
        self._provisioning = provisioning
        self._bus = bus
        self._doorbell = doorbell
        self._clock = clock
        self._orphans = orphans
        self._forget_decisions = forget_decisions
        self._ahead = clock.now() - clock.monotonic()
        self._conducting = threading.Lock()
        self._stopping = threading.Event()
        rounds: list[tuple[str, Callable[[], None]]] = [
            ("conductor", self._conduct),
            ("reports", self._take_in_reports),
            ("hello", self._say_hello),
            ("housekeeping", self._keep_house),
        ]
        rounds += [(f"agent-{n}", self._serve) for n in range(agent_threads)]
        rounds += [(f"observer-{n}", self._observe) for n in range(_OBSERVERS)]
        rounds += [(f"provisioner-{n}", self._provision) for n in range(_PROVISIONERS)]
        self._threads = [
            threading.Thread(target=self._repeat, args=(each,), name=name, daemon=True)
            for name, each in rounds
        ]

    def start(self) -> None:
        """Take over what runs, then work. Nothing is being created yet, so what is reserved
        for nobody can go."""
        replace(self._orphans, older_than=0.0)()
        self._conductor.start()
        for thread in self._threads:
            thread.start()

    def stop(self, *, stop_devices: bool) -> None:
        """Finish the rounds under way and let go of the devices."""
        self._stopping.set()
        self._doorbell.ring()
        for thread in self._threads:
            thread.join(timeout=10)
        self._agent.close(stop_devices=stop_devices)

    def _repeat(self, each: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                each()
            except Exception:  # noqa: BLE001 - logged; the next round may do better
                _log.exception("round failed", thread=threading.current_thread().name)
                self._stopping.wait(_AFTER_A_DEFECT)

    def _conduct(self) -> None:
        with self._conducting:
            self._notice_jump()
            stepped = self._conductor.advance()
            idle = 0.0 if stepped else self._conductor.idle_for()
        if not stepped:
            self._doorbell.wait(idle)

    def _notice_jump(self) -> None:
        ahead = self._clock.now() - self._clock.monotonic()
        if ahead < self._ahead - _JUMP:
            _log.warning("clock was set back", seconds=round(self._ahead - ahead))
            self._conductor.after_a_jump_of_the_clock()
        self._ahead = ahead

    def _take_in_reports(self) -> None:
        reports = self._bus.reports(timeout=1.0)
        while reports and not self._stopping.is_set():
            try:
                with self._conducting:
                    self._conductor.take_in(reports)
                break
            except Exception:  # noqa: BLE001 - logged; what was reported must not get lost
                _log.exception("reports wait for the store")
                self._stopping.wait(_AFTER_A_DEFECT)
        if reports:
            self._doorbell.ring()

    def _serve(self) -> None:
        self._agent.serve_one(timeout=1.0)

    def _provision(self) -> None:
        self._provisioning.serve_one(timeout=1.0)

    def _observe(self) -> None:
        self._stopping.wait(max(self._agent.observe_next(), 0.01))

    def _say_hello(self) -> None:
        self._agent.hello()
        self._stopping.wait(_HELLO_SECONDS)

    def _keep_house(self) -> None:
        self._stopping.wait(_HOUSEKEEPING_SECONDS)
        if not self._stopping.is_set():
            self._orphans()
            self._forget_decisions()
