"""A conductor at work."""

from dataclasses import replace

import structlog

from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.ports.network_wirer import WiringFailure
from core.ports.server_bus import Delivery, ServerBus
from core.usecases.conductor.agents import HEAR_EVERY
from core.usecases.conductor.conductor import Conductor
from core.usecases.conductor.provisioning import Provisioning
from core.usecases.conductor.timing import EXTEND_WIRING_EVERY
from core.usecases.conductor.wiring import Wiring
from core.usecases.conductor.wiring_audit import WiringAudit
from core.usecases.fleet.retention import ForgetOldDecisions
from core.usecases.loadbalancing.addresses import ReleaseOrphanAddresses
from pierhead.runtime.loops import Loop, Loops

HOUSEKEEPING_SECONDS = 300.0
BELL_AWAY_SECONDS = 0.5
"""Seconds between two looks at what is due while nobody can ring."""
_PROVISIONERS = 2
"""Threads that make and destroy devices of elastic pools."""
_WIRERS = 4
"""Threads that attach devices to networks and detach them, where another system does that."""
_JUMP = 2.0
"""Seconds by which the clock must have been set back to matter."""
_STOP_SECONDS = 15.0
_REST = 2.0
"""How many times as long as a round took to rest after it, while there is much to do."""
_LONGEST_REST = 0.05

_log = structlog.get_logger(__name__)


class ConductorRuntime:
    """The threads of a conductor."""

    def __init__(
        self,
        *,
        conductor: Conductor,
        provisioning: Provisioning,
        bus: ServerBus,
        doorbell: Doorbell,
        clock: Clock,
        wiring: Wiring,
        wiring_audit: WiringAudit,
        wiring_audit_seconds: float,
        orphans: ReleaseOrphanAddresses,
        forget_decisions: ForgetOldDecisions,
    ) -> None:
        self._conductor = conductor
        self._provisioning = provisioning
        self._bus = bus
        self._doorbell = doorbell
        self._clock = clock
        self._wiring = wiring
        self._wiring_audit = wiring_audit
        self._audit_seconds = wiring_audit_seconds
        self._orphans = orphans
        self._forget_decisions = forget_decisions
        self._ahead = clock.now() - clock.monotonic()
        self._listening_since: float | None = None
        self._delivery: Delivery | None = None
        """Reports that are not recorded yet."""
        self._greeters = Loops([Loop("hellos", self._answer_hellos)])
        self._loops = Loops(
            [
                Loop("conductor", self._conduct),
                Loop("reports", self._take_in_reports),
                Loop("housekeeping", self._keep_house, patient=True),
                *(
                    Loop(f"provisioner-{n}", self._provision, patient=True)
                    for n in range(_PROVISIONERS)
                ),
                *self._wiring_loops(),
            ]
        )

    def start_greeting(self) -> None:
        """Answer agents, and do nothing else yet."""
        self._greeters.start()

    def start_conducting(self) -> None:
        """Take over what others left, then work."""
        self._conductor.start()
        self._listening_since = self._bus.listening_since()
        self._loops.start()

    def start(self) -> None:
        """Begin with everything."""
        self.start_greeting()
        self.start_conducting()

    def release_orphans(self) -> None:
        """Give back addresses that are reserved for nothing. Only while nobody else creates
        anything: what is being created is not stored yet."""
        try:
            replace(self._orphans, older_than=0.0)()
        except WiringFailure as failure:
            _log.warning("addresses cannot be looked at for now", reason=str(failure))

    def stop(self) -> None:
        """Finish the rounds under way."""
        self._loops.ask_to_stop()
        self._greeters.ask_to_stop()
        self._doorbell.ring()
        self._loops.join(_STOP_SECONDS)
        self._greeters.join(_STOP_SECONDS)

    def stuck(self, seconds: float) -> list[str]:
        """See Loops.stuck."""
        return [*self._loops.stuck(seconds), *self._greeters.stuck(seconds)]

    def _conduct(self) -> None:
        self._notice_jump()
        self._notice_return()
        began = self._clock.monotonic()
        steps = self._conductor.advance()
        if steps:
            self._let_gather(steps, began)
            return
        wait = self._conductor.idle_for()
        if self._bus.listening_since() is None:
            wait = min(wait, BELL_AWAY_SECONDS)
        self._doorbell.wait(wait)

    def _let_gather(self, number: int, began: float) -> None:
        """Rest after a round over several things: when they come faster than they are dealt
        with one by one, more of them at a time is less work, and leaves time to others."""
        if number > 1:
            took = self._clock.monotonic() - began
            self._loops.rest(min(took * _REST, _LONGEST_REST))

    def _notice_jump(self) -> None:
        ahead = self._clock.now() - self._clock.monotonic()
        if ahead < self._ahead - _JUMP:
            _log.warning("clock was set back", seconds=round(self._ahead - ahead))
            self._conductor.start()
        self._ahead = ahead

    def _notice_return(self) -> None:
        """A bus that comes back may have lost whatever was on its way."""
        since = self._bus.listening_since()
        if since is not None and since != self._listening_since:
            self._conductor.start()
            self._listening_since = since

    def _take_in_reports(self) -> None:
        if self._delivery is None:
            self._delivery = self._bus.reports(timeout=1.0)
        began = self._clock.monotonic()
        if self._delivery is not None:
            # If this fails, the next round does it again.
            refused = self._conductor.take_in(self._delivery.reports)
            self._bus.done(self._delivery, refused)
            number, self._delivery = len(self._delivery.reports), None
            self._let_gather(number, began)

    def _answer_hellos(self) -> None:
        greetings = self._bus.hellos(timeout=HEAR_EVERY)
        self._conductor.hears()
        self._conductor.answer(greetings)

    def _provision(self) -> None:
        self._provisioning.serve_one(timeout=1.0)

    def _wiring_loops(self) -> list[Loop]:
        """Where another system does the wiring: those who ask it, and a look at what it has."""
        if not self._wiring.remote:
            return []
        return [
            *(Loop(f"wirer-{n}", self._wire, patient=True) for n in range(_WIRERS)),
            Loop("wiring-lease", self._extend_wiring),
            Loop("wiring-audit", self._audit_wiring, patient=True),
        ]

    def _wire(self) -> None:
        self._wiring.serve_one(timeout=1.0)

    def _extend_wiring(self) -> None:
        self._wiring.extend()
        self._loops.rest(EXTEND_WIRING_EVERY)

    def _audit_wiring(self) -> None:
        self._wiring_audit.run()
        self._loops.rest(self._audit_seconds)

    def _keep_house(self) -> None:
        self._loops.rest(HOUSEKEEPING_SECONDS)
        if not self._loops.stopping:
            self._orphans()
            self._forget_decisions()
