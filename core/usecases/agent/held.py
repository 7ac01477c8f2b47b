"""What an agent keeps in mind of one device."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.messages import DeviceHandle, DeviceReport, ObservationReport, ServiceReport
from core.ports.agent_bus import AgentBus
from core.ports.device_driver import Observation

REPEAT_AFTER = 60.0
"""Seconds after which what did not change is reported all the same: a report may get lost."""


@dataclass
class HeldDevice:
    """A device that this agent works on, one call at a time (`lock`).

    `next_look` is when it is to be observed, on the monotonic clock.
    """

    handle: DeviceHandle
    next_look: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    _health: tuple[str | None, str] | None = None
    _measured: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    _failing: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    _repeated_at: float = 0.0

    def forget_health(self) -> None:
        """Something else was reported of the device: the next look tells what it sees."""
        self._health = None

    def tell(self, bus: AgentBus, seen: Observation, now: float) -> None:
        """Report what changed since the last look; everything once in a while."""
        if now - self._repeated_at >= REPEAT_AFTER:
            self._repeated_at = now
            self._health, self._measured, self._failing = None, {}, {}
        self._tell_health(bus, seen)
        self._tell_failures(bus, seen)
        news = {
            identity: measured
            for identity, measured in seen.services.items()
            if self._measured.get(identity) != measured
        }
        self._measured = seen.services
        if news:
            bus.report(ObservationReport(device_id=self.handle.id, services=news))

    def _tell_health(self, bus: AgentBus, seen: Observation) -> None:
        health = (seen.failure, seen.note)
        if self._health == health:
            return
        self._health = health
        bus.report(
            DeviceReport(
                device_id=self.handle.id,
                generation=self.handle.generation,
                failure=seen.failure,
                note=seen.note,
            )
        )

    def _tell_failures(self, bus: AgentBus, seen: Observation) -> None:
        for identity, (revision, reason) in seen.failures.items():
            if self._failing.get(identity) != (revision, reason):
                bus.report(
                    ServiceReport(
                        device_id=self.handle.id,
                        service_id=identity,
                        revision=revision,
                        failure=reason,
                    )
                )
        self._failing = seen.failures
