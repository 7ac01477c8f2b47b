"""One device: a HAProxy process kept running with the load balancers that were ordered."""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import structlog

from adapters.devices.haproxy import icmp_check
from adapters.devices.haproxy.advisor import INFO
from adapters.devices.haproxy.binary import Binary, find_binary
from adapters.devices.haproxy.held import Held
from adapters.devices.haproxy.isolation import summary
from adapters.devices.haproxy.master import Master, MasterGone
from adapters.devices.haproxy.measuring import Measurement, look, measure, record_traffic
from adapters.devices.haproxy.notes import Oddities
from adapters.devices.haproxy.orders import Plan, outcomes, plan
from adapters.devices.haproxy.parameters import (
    NAMESPACE_SCHEMA,
    SCHEMA,
    Parameters,
    Schema,
    read_parameters,
)
from adapters.devices.haproxy.process import Process, StartFailure
from adapters.devices.haproxy.running import Running
from adapters.devices.haproxy.service import LoadBalancerService, read_service
from adapters.devices.haproxy.store import Store
from adapters.devices.haproxy.syntax import Refused
from adapters.devices.haproxy.wires import Wires
from adapters.devices.haproxy.wording import refusal_of
from adapters.devices.hosting.wire import WireFailure
from core.domain.device import Capabilities, DeviceFacts
from core.domain.loadbalancer.model import MonitorType
from core.domain.messages import ServiceOrder
from core.ports.device_driver import DeviceFailure, Observation, Outcome

ANSWER_TIMEOUT = 3.0
"""Seconds within which a master that lives must say who runs."""
CONFIRM_TIMEOUT = 10.0
"""Seconds that a master which did not has for a simpler question."""
RETRY_AFTER = 5.0
"""Seconds between attempts of `revive`."""

_log = structlog.get_logger()


class Instance:
    """Brings one HAProxy to what is ordered, and keeps it there. Methods raise DeviceFailure.

    Good for one epoch: in the next one another process may have been at work.
    """

    def __init__(
        self, directory: Path, device_id: str, epoch: int = 0, schema: Schema = SCHEMA
    ) -> None:
        self.device_id = device_id
        self.epoch = epoch
        self._lock = threading.RLock()
        self._store = Store(directory)
        self._process = Process(directory, self._store.config)
        self._master = Master(directory)
        self._running = Running(self._store, self._master, device_id)
        self._wires = Wires(self._store, device_id, switched=schema is NAMESPACE_SCHEMA)
        self._schema = schema
        self._parameters: Parameters | None = None
        self._binary: Binary | None = None
        self._held = Held(self._wires)
        self._connecting: dict[str, LoadBalancerService] = {}
        """Services that failed for want of nothing but time on the network side: what is plugged
        in for them stays, so that the next attempt finds it connected."""
        self._unordered: tuple[str, ...] = ()
        self._mended = 0
        self._mended_wires = 0
        self._revive_at = 0.0

    def probe(self, given: Mapping[str, object]) -> DeviceFacts:
        """Make HAProxy run; say its version and what it can do here."""
        with self._guard():
            _, binary = self._ensure(given)
            return DeviceFacts(version=binary.version, capabilities=_capabilities())

    def apply(
        self, given: Mapping[str, object], orders: Sequence[ServiceOrder], *, complete: bool
    ) -> list[Outcome]:
        """Carry out orders. See DeviceDriver.apply."""
        with self._guard():
            parameters, binary = self._ensure(given)
            todo = plan(orders, self._running.services, self._held, parameters, complete=complete)
            self._make_wires(orders, todo, complete=complete)
            self._running.renew(todo.renewed)
            failures = todo.failures | self._running.change(todo.changes, parameters, binary)
            self._held.discard(todo.changes.keys() - failures.keys())
            if (complete and self._running.unrecorded) or self._store.stale_namespaces:
                self._repair(parameters)
            if complete:
                kept = {*self._running.services, *self._held}
                self._unordered = tuple(sorted(kept - {order.service_id for order in orders}))
            self._settle_wires()
            return outcomes(orders, failures)

    def observe(self, given: Mapping[str, object]) -> Observation:
        """Repair, then measure."""
        try:
            with self._guard():
                parameters, binary = self._ensure(given)
                self._mended_wires += self._wires.look_after(self._kept())
                if self._store.stale_namespaces and not self._running.unrecorded:
                    self._repair(parameters)
                self._retry_held(parameters, binary)
                self._settle_wires()
                measured = self._measure()
                if mended := self._running.undo_drift(measured.current, parameters):
                    self._mended += mended
                    measured = self._measure()
                self._store.write_state(self._running.state)
                self._process.trim_log()
                return Observation(
                    note=self._note(), services=measured.services, failures=self._held.note()
                )
        except DeviceFailure as failure:
            return Observation(failure=str(failure))

    def revive(self) -> None:
        """Start HAProxy again if it died; nothing while another call deals with the device."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            parameters, binary = self._parameters, self._binary
            due = time.monotonic() >= self._revive_at and self._store.directory.exists()
            if parameters and binary and due and self._process.pid() is None:
                self._revive_at = time.monotonic() + RETRY_AFTER
                self._start(parameters, binary)
                self._revive_at = 0.0
            if parameters:
                self._wires.announce()
        except (DeviceFailure, OSError) as failure:
            _log.error("restart_failed", device=self.device_id, reason=str(failure))
        finally:
            self._lock.release()

    def forget(self) -> None:
        """Do nothing more for HAProxy, which goes on."""
        with self._lock:
            self._parameters = None

    def stop(self) -> None:
        """Stop HAProxy and keep all that a later start needs. Idempotent."""
        with self._lock:
            self._parameters = None
            self._running.load_state()
            if self._process.pid() is not None:
                with contextlib.suppress(MasterGone):
                    ledger = self._running.state.ledger
                    record_traffic(self._master, ledger, self._master.processes())
                self._process.stop()
            self._running.state.started = False
            if self._store.directory.exists():
                self._store.write_state(self._running.state)

    def retire(self, given: Mapping[str, object]) -> None:
        """Stop HAProxy and remove all that was kept. Idempotent."""
        with self._guard():
            self._parameters = None
            self._process.stop()
            with contextlib.suppress(DeviceFailure):
                self._wires.use(read_parameters(given, self._schema))
            self._wires.remove()
            self._store.remove()

    def _ensure(self, given: Mapping[str, object]) -> tuple[Parameters, Binary]:
        """Have HAProxy run what is kept for the device, under these parameters."""
        parameters = read_parameters(given, self._schema)
        binary = find_binary(parameters.binary)
        fresh = parameters != self._parameters
        if fresh:
            self._load(parameters)
        self._binary = binary
        if self._process.pid() is None or not self._answers():
            self._start(parameters, binary)
        elif self._store.changing:
            self._mend_wires()
            self._repair(parameters)
        elif fresh:
            self._take_over(parameters)
        # Only now: a failed attempt must not look like one that succeeded.
        self._parameters = parameters
        return parameters, binary

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        """One call at a time, and every failure in the port's terms."""
        with self._lock:
            try:
                yield
            except OSError as error:
                where = error.filename or self._store.directory
                raise DeviceFailure(f"{where}: {error.strerror or error}") from error
            except (MasterGone, WireFailure) as error:
                raise DeviceFailure(str(error)) from error

    def _load(self, parameters: Parameters) -> None:
        self._store.prepare()
        self._running.load_state()
        services = {}
        for stored in self._store.services():
            try:
                service = read_service(
                    stored.id, stored.revision, stored.spec, parameters, stored.attachments
                )
            except Refused as refusal:
                _log.warning("stored_service_refused", service=stored.id, reason=str(refusal))
                continue
            services[service.id] = service
        self._held.clear()
        self._connecting.clear()
        self._running.adopt(services)
        self._wires.load(parameters, services.values())

    def _take_over(self, parameters: Parameters) -> None:
        """Have a HAProxy that was found running run what is kept.

        What it runs beyond that would end with a reload, so it goes on as it is until the
        control plane has told what it shall run.
        """
        seen = look(self._master)
        self._running.note_unrecorded(seen)
        if self._running.unrecorded:
            return
        if self._mend_wires() or self._differs(parameters):
            self._repair(parameters)
        else:
            self._mended += self._running.undo_drift(seen, parameters)

    def _measure(self) -> Measurement:
        services = self._running.services.values()
        return measure(self._master, self._running.state.ledger, services)

    def _differs(self, parameters: Parameters) -> bool:
        return self._store.read_config() != self._running.text(parameters)

    def _answers(self) -> bool:
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while True:
            try:
                return self._master.processes(ANSWER_TIMEOUT).worker is not None
            except MasterGone:
                if self._process.pid() is None:
                    return False
                if time.monotonic() > deadline:
                    # One question without an answer is no reason to end all connections.
                    return self._master.lives(CONFIRM_TIMEOUT)
                time.sleep(0.01)

    def _start(self, parameters: Parameters, binary: Binary) -> None:
        services = {**self._running.services, **self._held.services}
        # What a start needs must be there before anything is stopped.
        self._store.prepare()
        self._store.put_missing(service.stored() for service in services.values())
        self._note_restart()
        self._process.stop()
        self._store.write_server_state("")
        self._wires.mend(services.values())
        services = self._held.without_unbindable(services)
        self._running.adopt(services)
        try:
            self._start_with(parameters, binary)
        except StartFailure as failure:
            _log.warning("start_failed", device=self.device_id, reason=str(failure))
            self._start_one_by_one(services, parameters, binary)
        self._store.end_change()

    def _start_with(self, parameters: Parameters, binary: Binary) -> None:
        self._store.write_config(self._running.text(parameters))
        self._process.start(binary)
        self._store.clear_stale_namespaces()
        self._running.state.started = True
        self._store.write_state(self._running.state)

    def _start_one_by_one(
        self, services: Mapping[str, LoadBalancerService], parameters: Parameters, binary: Binary
    ) -> None:
        """Start with nothing, then add all that does not fail."""
        self._running.adopt({})
        try:
            self._start_with(parameters, binary)
        except StartFailure as failure:
            self._running.adopt(dict(services))
            raise DeviceFailure(f"HAProxy does not start: {summary(str(failure))}") from failure
        failures = self._running.change(services, parameters, binary)
        for identity, reason in failures.items():
            self._held.add(services[identity], reason)

    def _note_restart(self) -> None:
        state = self._running.state
        if not state.started:
            return
        pid = self._process.last_pid()
        if pid is None:
            reason = "it was not running"
        elif self._process.pid() is not None:
            reason = f"process {pid} did not answer, was stopped"
        else:
            reason = self._process.exit_reason(pid)
        state.restarts += 1
        state.last_restart = reason
        _log.warning("restarting", device=self.device_id, reason=reason, times=state.restarts)

    def _repair(self, parameters: Parameters) -> None:
        """Reload with what is kept, without the services that HAProxy names as at fault."""
        wired = self._held.without_unwired(self._running.services)
        if len(wired) < len(self._running.services):
            self._running.adopt(wired)
        while (text := self._running.reload(parameters)) is not None:
            services = self._running.services
            blamed = [identity for identity in services if identity in text]
            if not blamed:
                raise DeviceFailure(f"HAProxy cannot be reloaded: {summary(text)}")
            _log.warning("services_held", device=self.device_id, services=blamed, reason=text)
            for identity in blamed:
                service = services[identity]
                self._held.add(service, refusal_of(service, text))
            self._running.adopt({k: v for k, v in services.items() if k not in blamed})

    def _mend_wires(self) -> bool:
        """Put right the ends of wires; say whether HAProxy must be told."""
        self._mended_wires += self._wires.mend(self._kept())
        return bool(self._store.stale_namespaces)

    def _make_wires(self, orders: Sequence[ServiceOrder], todo: Plan, *, complete: bool) -> None:
        """Have the ends that coming services need, and refuse those that cannot have theirs."""
        self._wires.pull_overlooked(todo.coming, self._running.services.values())
        unwired = self._wires.make(todo.coming, self._kept())
        if complete:
            self._connecting.clear()
        for order in orders:
            self._connecting.pop(order.service_id, None)
        for service in todo.coming:
            if self._wires.awaits_connection(service):
                self._connecting[service.id] = service
        todo.refuse(unwired)

    def _settle_wires(self) -> None:
        """Unplug what nothing needs, unless HAProxy runs what nobody knows the needs of."""
        if not self._running.unrecorded:
            self._wires.settle(self._kept())

    def _kept(self) -> list[LoadBalancerService]:
        """All services that the device has, whether they run or not."""
        kept = (self._running.services, self._held.services, self._connecting)
        return [service for services in kept for service in services.values()]

    def _retry_held(self, parameters: Parameters, binary: Binary) -> None:
        """Bring in services whose ports were taken and are free now."""
        ready = {} if self._running.unrecorded else self._held.ready()
        if ready:
            failures = self._running.change(ready, parameters, binary)
            self._held.discard(ready.keys() - failures.keys())

    def _note(self) -> str:
        state = self._running.state
        return Oddities(
            restarts=state.restarts,
            last_restart=state.last_restart,
            mended_servers=self._mended,
            mended_wires=self._mended_wires,
            wire_problems=self._wires.problems,
            unrecorded=self._running.unrecorded,
            unordered=self._unordered,
            held=self._held.reasons,
        ).note()


def _capabilities() -> Capabilities:
    most = INFO.capabilities
    monitors = most.monitors if icmp_check.allowed() else most.monitors - {MonitorType.PING}
    return Capabilities(
        protocols=most.protocols,
        methods=most.methods,
        monitors=monitors,
        persistences=most.persistences,
    )
