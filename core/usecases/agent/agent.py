"""The agent: carries out commands through the driver that each names, and reports."""

import logging
import threading
from collections.abc import Mapping

from core.domain.messages import (
    AgentHello,
    DeviceHandle,
    DeviceReport,
    DeviceRetired,
    ServiceReport,
)
from core.ports.agent_bus import AgentBus
from core.ports.clock import Clock
from core.ports.device_driver import DeviceDriver, DeviceFailure, Observation
from core.usecases.agent.held import HeldDevice
from core.usecases.agent.identity import AgentIdentity
from core.usecases.agent.merge import DeviceWork, merge

LONGEST_PAUSE = 10.0
"""Seconds between two looks at a device that takes long to observe."""

LONGEST_REST = 0.25
"""Seconds at most for which orders gather while the device could take them."""

_SHARE = 20
"""Observing a device may take one part in so many of the time."""

_log = logging.getLogger(__name__)


class Agent:
    """Knows devices only from the commands it got (R7). For use by many threads at once."""

    def __init__(
        self,
        *,
        identity: AgentIdentity,
        drivers: Mapping[str, DeviceDriver],
        bus: AgentBus,
        clock: Clock,
        observe_seconds: float = 1.0,
    ) -> None:
        self._identity = identity
        self._drivers = drivers
        self._bus = bus
        self._clock = clock
        self._observe_seconds = observe_seconds
        self._started_at = clock.now()
        self._guard = threading.Lock()
        self._held: dict[str, HeldDevice] = {}

    def serve_one(self, timeout: float) -> bool:
        """Carry out what waits for one device; False when nothing came within `timeout`."""
        batch = self._bus.take(timeout)
        if batch is None:
            return False
        work, began = merge(batch.commands), self._clock.monotonic()
        try:
            self._carry_out(work)
        finally:
            # When orders come faster than the device takes them, working half of the time on
            # twice as many is less work than working all the time.
            busy = len(work.orders) > 1
            took = self._clock.monotonic() - began
            self._bus.done(batch, min(took, LONGEST_REST) if busy else 0.0)
        return True

    def observe_next(self) -> float:
        """Look at the device whose turn it is, if any, and report what changed.

        Returns the seconds until the next turn of any device. A device that is being worked
        on is passed over, so one that hangs holds up no other.
        """
        device = self._whose_turn()
        if device is not None and device.lock.acquire(blocking=False):
            try:
                if self._held.get(device.handle.id) is device:
                    self._observe(device)
            finally:
                device.lock.release()
        with self._guard:
            turns = [each.next_look for each in self._held.values()]
        soonest = min(turns, default=self._clock.monotonic() + self._observe_seconds)
        return min(max(soonest - self._clock.monotonic(), 0.0), self._observe_seconds)

    def hello(self) -> None:
        """Tell the server that this agent is alive."""
        with self._guard:
            devices = tuple(sorted(self._held))
        self._bus.report(
            AgentHello(
                agent_id=self._identity.id,
                host=self._identity.host,
                version=self._identity.version,
                drivers=tuple(sorted(self._drivers)),
                devices=devices,
                backlog=self._bus.backlog(),
                started_at=self._started_at,
            )
        )

    def close(self, *, stop_devices: bool = False) -> None:
        """Let go of all devices, which go on by themselves unless they shall stop."""
        for driver in self._drivers.values():
            driver.close(stop_devices=stop_devices)

    def _whose_turn(self) -> HeldDevice | None:
        now = self._clock.monotonic()
        with self._guard:
            device = min(self._held.values(), key=lambda each: each.next_look, default=None)
            if device is None or device.next_look > now:
                return None
            device.next_look = now + self._observe_seconds
            return device

    def _observe(self, device: HeldDevice) -> None:
        driver = self._drivers[device.handle.driver]
        began = self._clock.monotonic()
        try:
            seen = driver.observe(device.handle)
        except Exception as defect:  # noqa: BLE001 - one device's driver must not blind the agent
            _log.exception("driver %s failed on device %s", driver.info.name, device.handle.id)
            seen = Observation(failure=f"defect in driver {driver.info.name}: {defect!r}")
        now = self._clock.monotonic()
        pause = max(self._observe_seconds, min((now - began) * _SHARE, LONGEST_PAUSE))
        device.next_look = now + pause
        device.tell(self._bus, seen, now)

    def _hold(self, handle: DeviceHandle) -> HeldDevice:
        with self._guard:
            held = self._held.get(handle.id)
            if held is None:
                held = self._held[handle.id] = HeldDevice(handle, self._clock.monotonic())
            return held

    def _carry_out(self, work: DeviceWork) -> None:
        driver = self._drivers.get(work.device.driver)
        if driver is None:
            self._unreachable(work, f"this agent has no driver {work.device.driver}")
            return
        device = self._hold(work.device)
        with device.lock:
            device.handle = work.device
            device.forget_health()
            try:
                if work.retire:
                    self._retire(driver, work)
                else:
                    self._probe_and_apply(driver, work)
            except DeviceFailure as failure:
                self._unreachable(work, str(failure))
            except Exception as defect:  # noqa: BLE001 - a driver's defect must not stop the agent
                _log.exception("driver %s failed on device %s", work.device.driver, work.device.id)
                self._unreachable(work, f"defect in driver {work.device.driver}: {defect!r}")

    def _probe_and_apply(self, driver: DeviceDriver, work: DeviceWork) -> None:
        if work.probe:
            facts = driver.probe(work.device)
            self._bus.report(
                DeviceReport(
                    device_id=work.device.id, generation=work.device.generation, facts=facts
                )
            )
        if not work.orders:
            return
        for outcome in driver.apply(work.device, work.orders, complete=work.complete):
            self._bus.report(
                ServiceReport(
                    device_id=work.device.id,
                    service_id=outcome.service_id,
                    revision=outcome.revision,
                    failure=outcome.failure,
                )
            )

    def _retire(self, driver: DeviceDriver, work: DeviceWork) -> None:
        driver.retire(work.device)
        with self._guard:
            self._held.pop(work.device.id, None)
        self._bus.report(DeviceRetired(device_id=work.device.id))

    def _unreachable(self, work: DeviceWork, failure: str) -> None:
        """The operator is told why; tenants are told that it is so."""
        self._bus.report(
            DeviceReport(
                device_id=work.device.id, generation=work.device.generation, failure=failure
            )
        )
        for order in work.orders:
            self._bus.report(
                ServiceReport(
                    device_id=work.device.id,
                    service_id=order.service_id,
                    revision=order.revision,
                    failure="the device cannot be reached, or refuses to be configured at all",
                )
            )
