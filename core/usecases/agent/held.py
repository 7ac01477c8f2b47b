"""What an agent keeps in mind of one device."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.messages import (
    DeviceHandle,
    DeviceReport,
    ObservationReport,
    ServiceOrder,
    ServiceReport,
)
from core.ports.agent_bus import AgentBus
from core.ports.device_driver import Observation

REPEAT_AFTER = 60.0
"""Seconds after which what did not change is reported all the same: a report may get lost."""

REPEAT_MEASURED_AFTER = 900.0
"""The same for measurements, of which there are many."""


@dataclass
class HeldDevice:
    """A device that this agent works on, one call at a time (`lock`).

    `next_look` is when it is to be observed, on the monotonic clock. It is `abandoned` when the
    agent began anew. `unreadable` says why nothing that it is ordered now can be carried out, if
    so, however well it is.
    """

    handle: DeviceHandle
    next_look: float
    lock: threading.Lock
    abandoned: bool = False
    unreadable: str | None = None
    _health: tuple[str | None, str] | None = None
    _measured: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    _failing: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    _repeated_at: float = 0.0
    _measured_at: float = 0.0
    _ordered: dict[str, int] = field(default_factory=dict)
    """The newest revision of each service that was ordered in this epoch."""

    def take_up(self, handle: DeviceHandle) -> None:
        """Go on with the device as a command describes it, whose epoch is not lower."""
        if handle.epoch > self.handle.epoch:
            self._ordered = {}
        self.handle = handle
        self.unreadable = None
        self._health = None

    def newest(self, orders: Sequence[ServiceOrder]) -> tuple[ServiceOrder, ...]:
        """The orders without those that an earlier command has overtaken: of two conductors,
        one may send what it found out before the other did."""
        current = tuple(
            order for order in orders if order.revision >= self._ordered.get(order.service_id, 0)
        )
        self._ordered.update({order.service_id: order.revision for order in current})
        return current

    def tell(self, bus: AgentBus, seen: Observation, now: float) -> None:
        """Report what changed since the last look; everything once in a while."""
        if now - self._repeated_at >= REPEAT_AFTER:
            self._repeated_at = now
            self._health, self._failing = None, {}
        if now - self._measured_at >= REPEAT_MEASURED_AFTER:
            self._measured_at = now
            self._measured = {}
        self._tell_health(bus, seen)
        self._tell_failures(bus, seen)
        # Drivers may well give what they gave before, of thousands of services.
        if seen.services is self._measured:
            return
        before = self._measured.get
        news = {
            identity: measured
            for identity, measured in seen.services.items()
            if (known := before(identity)) is not measured and known != measured
        }
        self._measured = seen.services
        if news:
            bus.report(
                ObservationReport(device_id=self.handle.id, services=news, epoch=self.handle.epoch)
            )

    def _tell_health(self, bus: AgentBus, seen: Observation) -> None:
        failure = seen.failure or self.unreadable
        health = (failure, seen.note)
        if self._health == health:
            return
        self._health = health
        bus.report(
            DeviceReport(
                device_id=self.handle.id,
                generation=self.handle.generation,
                failure=failure,
                note=seen.note,
                epoch=self.handle.epoch,
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
                        epoch=self.handle.epoch,
                    )
                )
        self._failing = seen.failures
