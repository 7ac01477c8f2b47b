"""The conductor: brings what is deployed to what is wanted, a recorded step at a time."""

from collections.abc import Sequence

from core.domain.messages import Report
from core.ports.clock import Clock
from core.ports.store import Store
from core.usecases.conductor.devices import DeviceSteps
from core.usecases.conductor.elastic import ElasticPools
from core.usecases.conductor.recovery import Recovery
from core.usecases.conductor.removal import ServiceRemoval
from core.usecases.conductor.reports import ReportIntake
from core.usecases.conductor.services import ServiceSteps

_LONGEST_WAIT = 5.0
"""Seconds between looks even when nothing seems due."""


class Conductor:
    """Not for several threads at a time: the caller runs one method after another."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        services: ServiceSteps,
        devices: DeviceSteps,
        elastic: ElasticPools,
        intake: ReportIntake,
        removal: ServiceRemoval,
        recovery: Recovery,
    ) -> None:
        self._store = store
        self._clock = clock
        self._services = services
        self._devices = devices
        self._elastic = elastic
        self._intake = intake
        self._removal = removal
        self._recovery = recovery

    def start(self) -> None:
        """Before the first `advance`: take over what the last process left."""
        self._recovery.run()
        self._removal.detach_idle()

    def after_a_jump_of_the_clock(self) -> None:
        """Times that were set by the clock as it was mean nothing any more: look at all now."""
        self._recovery.make_due()

    def advance(self) -> int:
        """Take every due service and device one step, and look after the elastic pools when it
        is time; returns how many steps there were."""
        return self._elastic.advance() + self._devices.advance() + self._services.advance()

    def take_in(self, reports: Sequence[Report]) -> None:
        """Record what agents reported."""
        self._intake.take_in(reports)

    def idle_for(self) -> float:
        """Seconds until something falls due by itself."""
        with self._store.read() as work:
            next_at = work.due.next_at()
        wait = min(self._elastic.idle_for(), _LONGEST_WAIT)
        return wait if next_at is None else min(max(next_at - self._clock.now(), 0.0), wait)
