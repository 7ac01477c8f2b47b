"""The agent: carries out commands through the driver that each names, and reports."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace

from core.domain.messages import (
    AgentHello,
    DeviceHandle,
    DeviceReleased,
    DeviceReport,
    DeviceRetired,
    ServiceOrder,
    ServiceReport,
)
from core.ports.agent_bus import AgentBus
from core.ports.clock import Clock
from core.ports.device_driver import DeviceDriver, DeviceFailure, Observation
from core.ports.id_source import IdSource
from core.usecases.agent.held import HeldDevice
from core.usecases.agent.identity import AgentIdentity
from core.usecases.agent.lease import Lease
from core.usecases.agent.merge import DeviceWork, merge

LONGEST_PAUSE = 10.0
"""Seconds between two looks at a device that takes long to observe."""

LONGEST_REST = 0.25
"""Seconds at most for which orders gather while the device could take them."""

_PATIENCE = 10
"""So many times as long as for commands, a lease is waited for that ran out when some were taken:
what is dropped is not sent again for a while."""

_SHARE = 20
"""Observing a device may take one part in so many of the time."""

_log = logging.getLogger(__name__)


class Agent:
    """Knows devices only from the commands it got (R7). For use by many threads at once.

    It carries out commands only while it has a lease; without one, it still looks after the
    devices that it was given last.
    """

    def __init__(
        self,
        *,
        identity: AgentIdentity,
        drivers: Mapping[str, DeviceDriver],
        bus: AgentBus,
        clock: Clock,
        ids: IdSource,
        observe_seconds: float = 1.0,
    ) -> None:
        self._identity = identity
        self._drivers = drivers
        self._bus = bus
        self._clock = clock
        self._observe_seconds = observe_seconds
        self._started_at = clock.now()
        self._lease = Lease(clock, ids)
        self._guard = threading.Lock()
        self._held: dict[str, HeldDevice] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._let_go: dict[str, DeviceRetired | DeviceReleased] = {}
        """What was reported last of devices that are held no more: up to its epoch."""

    def serve_one(self, timeout: float) -> bool:
        """Carry out what waits for one device; False when nothing could be done within
        `timeout`."""
        if not self._lease.wait(timeout):
            return False
        batch = self._bus.take(timeout)
        if batch is None:
            return False
        work, began = merge(batch.commands), self._clock.monotonic()
        try:
            if self._lease.wait(timeout * _PATIENCE) and self._lease.admits(work.device.epoch):
                self._carry_out(work, batch.unreadable)
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
            self._finish_with(device)
        with self._guard:
            turns = [each.next_look for each in self._held.values()]
        soonest = min(turns, default=self._clock.monotonic() + self._observe_seconds)
        return min(max(soonest - self._clock.monotonic(), 0.0), self._observe_seconds)

    def hello(self) -> bool:
        """Tell the server that this agent is alive, and take in its answer; False when there is
        none in time."""
        return self._greet(leaving=False)

    def await_lease(self, timeout: float) -> bool:
        """Whether this agent may act, now or within `timeout` seconds."""
        return self._lease.wait(timeout)

    def leave(self) -> None:
        """Tell the server that this agent carries out nothing more, so that its devices go to
        others at once."""
        self._greet(leaving=True)

    def close(self, *, stop_devices: bool = False) -> None:
        """Let go of all devices, which go on by themselves unless they shall stop."""
        for driver in self._drivers.values():
            driver.close(stop_devices=stop_devices)

    def _greet(self, *, leaving: bool) -> bool:
        asked_at = self._clock.monotonic()
        hello = AgentHello(
            agent_id=self._identity.id,
            incarnation=self._lease.incarnation,
            group=self._identity.group,
            zones=self._identity.zones,
            host=self._identity.host,
            version=self._identity.version,
            drivers=tuple(sorted(self._drivers)),
            backlog=self._bus.backlog(),
            started_at=self._started_at,
            heartbeat=self._identity.heartbeat,
            leaving=leaving,
        )
        lease = self._bus.greet(hello, self._identity.heartbeat)
        if lease is None:
            return False
        if not self._lease.take_in(lease, asked_at):
            self._begin_anew()
        return True

    def _begin_anew(self) -> None:
        _log.warning("this agent was not heard of for too long, and begins anew")
        with self._guard:
            held = list(self._held.values())
            self._held.clear()
            self._let_go.clear()
        for device in held:
            device.abandoned = True
            self._finish_with(device)

    def _finish_with(self, device: HeldDevice) -> None:
        """Have the driver let go of a device that was abandoned and is not held again, unless a
        thread is still at it, which does so itself then."""
        if device.abandoned and device.lock.acquire(blocking=False):
            try:
                if device.handle.id not in self._held:
                    self._release_with_driver(device.handle)
            finally:
                device.lock.release()

    def _release_with_driver(self, handle: DeviceHandle) -> None:
        driver = self._drivers.get(handle.driver)
        if driver is None:
            return
        try:
            driver.release(handle)
        except Exception:  # noqa: BLE001 - a driver's defect must not stop the agent
            _log.exception("driver %s failed to let go of device %s", handle.driver, handle.id)

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

    def _hold(self, handle: DeviceHandle) -> HeldDevice | None:
        """The device as it is held by this agent; None when it was let go of since the
        command was sent."""
        with self._guard:
            last = self._let_go.get(handle.id)
            if last is not None and handle.epoch <= last.epoch:
                return None
            held = self._held.get(handle.id)
            if held is None:
                lock = self._locks.setdefault(handle.id, threading.Lock())
                held = HeldDevice(handle, self._clock.monotonic(), lock)
                self._held[handle.id] = held
            return held if held.handle.epoch <= handle.epoch else None

    def _carry_out(self, work: DeviceWork, unreadable: str | None) -> None:
        if unreadable is not None and not work.release:
            self._leave_unread(work, unreadable)
            return
        driver = self._drivers.get(work.device.driver)
        if driver is None and not work.release:
            self._unreachable(work, f"this agent has no driver {work.device.driver}")
            return
        device = self._hold(work.device)
        if device is None:
            self._say_again(work)
            return
        with device.lock:
            device.take_up(work.device)
            orders = device.newest(work.orders)
            complete = work.complete and len(orders) == len(work.orders)
            work = replace(work, orders=orders, complete=complete)
            try:
                if work.release or driver is None:
                    self._release(work)
                elif work.retire:
                    self._retire(driver, work)
                else:
                    self._probe_and_apply(driver, work)
            except DeviceFailure as failure:
                self._unreachable(work, str(failure))
            except Exception as defect:  # noqa: BLE001 - a driver's defect must not stop the agent
                _log.exception("driver %s failed on device %s", work.device.driver, work.device.id)
                self._unreachable(work, f"defect in driver {work.device.driver}: {defect!r}")
        self._finish_with(device)

    def _leave_unread(self, work: DeviceWork, reason: str) -> None:
        with self._guard:
            held = self._held.get(work.device.id)
        if held is not None and held.handle.epoch <= work.device.epoch:
            held.unreadable = reason
        self._unreachable(work, reason)

    def _say_again(self, work: DeviceWork) -> None:
        """The server asks again when it did not hear that the device was let go of."""
        last = self._let_go.get(work.device.id)
        if last is None or last.epoch != work.device.epoch:
            return
        if work.release:
            self._bus.report(DeviceReleased(device_id=last.device_id, epoch=last.epoch))
        elif work.retire and isinstance(last, DeviceRetired):
            self._bus.report(last)

    def _probe_and_apply(self, driver: DeviceDriver, work: DeviceWork) -> None:
        if work.probe:
            facts = driver.probe(work.device)
            self._bus.report(
                DeviceReport(
                    device_id=work.device.id,
                    generation=work.device.generation,
                    facts=facts,
                    epoch=work.device.epoch,
                )
            )
        if not work.orders:
            return
        orders = {order.service_id: order for order in work.orders}
        for outcome in driver.apply(work.device, work.orders, complete=work.complete):
            self._tell(work, orders[outcome.service_id], outcome.failure)

    def _retire(self, driver: DeviceDriver, work: DeviceWork) -> None:
        driver.retire(work.device)
        self._forget(DeviceRetired(device_id=work.device.id, epoch=work.device.epoch))

    def _release(self, work: DeviceWork) -> None:
        self._release_with_driver(work.device)
        self._forget(DeviceReleased(device_id=work.device.id, epoch=work.device.epoch))

    def _forget(self, report: DeviceRetired | DeviceReleased) -> None:
        with self._guard:
            self._held.pop(report.device_id, None)
            self._let_go[report.device_id] = report
        self._bus.report(report)

    def _unreachable(self, work: DeviceWork, failure: str) -> None:
        """The operator is told why; tenants are told that it is so."""
        self._bus.report(
            DeviceReport(
                device_id=work.device.id,
                generation=work.device.generation,
                failure=failure,
                epoch=work.device.epoch,
            )
        )
        for order in work.orders:
            text = "the device cannot be reached, or refuses to be configured at all"
            self._tell(work, order, text)

    def _tell(self, work: DeviceWork, order: ServiceOrder, failure: str | None) -> None:
        self._bus.report(
            ServiceReport(
                device_id=work.device.id,
                service_id=order.service_id,
                revision=order.revision,
                failure=failure,
                epoch=work.device.epoch,
                traceparent=order.traceparent,
            )
        )
