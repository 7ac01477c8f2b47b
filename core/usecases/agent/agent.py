"""The agent: carries out commands through the driver that each names, and reports."""

import logging
import threading
from collections import defaultdict
from collections.abc import Mapping

from core.domain.messages import (
    AgentHello,
    DeviceHandle,
    DeviceReport,
    DeviceRetired,
    ObservationReport,
    ServiceReport,
)
from core.ports.agent_bus import AgentBus
from core.ports.clock import Clock
from core.ports.device_driver import DeviceDriver, DeviceFailure, Observation
from core.usecases.agent.identity import AgentIdentity
from core.usecases.agent.merge import DeviceWork, merge

_FULL_REPORT_EVERY = 60.0
"""Seconds after which measurements that did not change are reported all the same."""

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
    ) -> None:
        self._identity = identity
        self._drivers = drivers
        self._bus = bus
        self._clock = clock
        self._started_at = clock.now()
        self._devices: dict[str, DeviceHandle] = {}
        self._health: dict[str, tuple[str | None, str]] = {}
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._measured: dict[str, Mapping[str, Mapping[str, object]]] = {}
        self._reported_fully: dict[str, float] = {}

    def serve_one(self, timeout: float) -> bool:
        """Carry out what waits for one device; False when nothing came within `timeout`."""
        batch = self._bus.take(timeout)
        if batch is None:
            return False
        try:
            self._carry_out(merge(batch.commands))
        finally:
            self._bus.done(batch)
        return True

    def observe_all(self) -> None:
        """Look at every device once; report what changed since the last look."""
        for device in list(self._devices.values()):
            driver = self._drivers.get(device.driver)
            if driver is None:
                continue
            with self._locks[device.id]:
                if device.id in self._devices:
                    self._observe_safely(driver, device)

    def hello(self) -> None:
        """Tell the server that this agent is alive."""
        self._bus.report(
            AgentHello(
                agent_id=self._identity.id,
                host=self._identity.host,
                version=self._identity.version,
                drivers=tuple(sorted(self._drivers)),
                devices=tuple(sorted(self._devices)),
                backlog=self._bus.backlog(),
                started_at=self._started_at,
            )
        )

    def close(self, *, stop_devices: bool = False) -> None:
        """Let go of all devices, which go on by themselves unless they shall stop."""
        for driver in self._drivers.values():
            driver.close(stop_devices=stop_devices)

    def _carry_out(self, work: DeviceWork) -> None:
        driver = self._drivers.get(work.device.driver)
        if driver is None:
            self._unreachable(work, f"this agent has no driver {work.device.driver}")
            return
        with self._locks[work.device.id]:
            if work.retire:
                self._retire(driver, work)
                return
            self._devices[work.device.id] = work.device
            try:
                self._probe_and_apply(driver, work)
            except DeviceFailure as failure:
                self._unreachable(work, str(failure))
            except Exception as defect:  # noqa: BLE001 - a driver's defect must not stop the agent
                _log.exception("driver %s failed on device %s", work.device.driver, work.device.id)
                self._unreachable(work, f"defect in driver {work.device.driver}: {defect!r}")

    def _probe_and_apply(self, driver: DeviceDriver, work: DeviceWork) -> None:
        if work.probe:
            facts = driver.probe(work.device)
            self._bus.report(DeviceReport(device_id=work.device.id, facts=facts))
            self._health[work.device.id] = (None, "")
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
        try:
            driver.retire(work.device)
        except DeviceFailure as failure:
            self._unreachable(work, str(failure))
            return
        self._devices.pop(work.device.id, None)
        self._health.pop(work.device.id, None)
        self._bus.report(DeviceRetired(device_id=work.device.id))

    def _unreachable(self, work: DeviceWork, failure: str) -> None:
        self._health[work.device.id] = (failure, "")
        self._bus.report(DeviceReport(device_id=work.device.id, failure=failure))
        for order in work.orders:
            self._bus.report(
                ServiceReport(
                    device_id=work.device.id,
                    service_id=order.service_id,
                    revision=order.revision,
                    failure=f"the device cannot be reached: {failure}",
                )
            )

    def _observe_safely(self, driver: DeviceDriver, device: DeviceHandle) -> None:
        try:
            seen = driver.observe(device)
        except Exception as defect:  # noqa: BLE001 - one device's driver must not blind the agent
            _log.exception("driver %s failed on device %s", device.driver, device.id)
            seen = Observation(failure=f"defect in driver {device.driver}: {defect!r}")
        self._report_health(device, seen)
        self._report_measurements(device, seen.services)

    def _report_health(self, device: DeviceHandle, seen: Observation) -> None:
        health = (seen.failure, seen.note)
        if self._health.get(device.id) == health:
            return
        self._health[device.id] = health
        self._bus.report(DeviceReport(device_id=device.id, failure=seen.failure, note=seen.note))

    def _report_measurements(
        self, device: DeviceHandle, services: Mapping[str, Mapping[str, object]]
    ) -> None:
        before, now = self._measured.get(device.id, {}), self._clock.now()
        if now - self._reported_fully.get(device.id, 0.0) >= _FULL_REPORT_EVERY:
            self._reported_fully[device.id] = now
            before = {}
        self._measured[device.id] = services
        news = {
            identity: measured
            for identity, measured in services.items()
            if before.get(identity) != measured
        }
        if news:
            self._bus.report(ObservationReport(device_id=device.id, services=news))
