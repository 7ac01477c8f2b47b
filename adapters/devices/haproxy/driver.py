"""The device driver: one `Instance` for each device, and a watch over them all."""

import contextlib
import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog

from adapters.devices.haproxy.advisor import INFO
from adapters.devices.haproxy.instance import Instance
from adapters.devices.haproxy.tenure import Tenures
from core.domain.device import DeviceFacts, DriverInfo
from core.domain.messages import DeviceHandle, ServiceOrder
from core.ports.device_driver import DeviceFailure, Observation, Outcome

WATCH_EVERY = 0.25
"""Seconds within which a HAProxy that died is noticed."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

_log = structlog.get_logger()


class HaproxyDriver:
    """Implements DeviceDriver. Each device has a directory of its own below `state_dir`, which
    the agents of one host may share."""

    def __init__(self, state_dir: Path, info: DriverInfo = INFO) -> None:
        self.info = info
        self._state_dir = state_dir.absolute()
        self._tenures = Tenures(self._state_dir)
        self._lock = threading.Lock()
        self._instances: dict[str, Instance] = {}
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None

    def probe(self, device: DeviceHandle) -> DeviceFacts:
        """See DeviceDriver."""
        with self._turn(device) as instance:
            return instance.probe(device.parameters)

    def apply(
        self, device: DeviceHandle, orders: Sequence[ServiceOrder], *, complete: bool
    ) -> Sequence[Outcome]:
        """See DeviceDriver."""
        with self._turn(device) as instance:
            return instance.apply(device.parameters, orders, complete=complete)

    def observe(self, device: DeviceHandle) -> Observation:
        """See DeviceDriver."""
        try:
            with self._turn(device) as instance:
                return instance.observe(device.parameters)
        except DeviceFailure as failure:
            return Observation(failure=str(failure))

    def release(self, device: DeviceHandle) -> None:
        """See DeviceDriver."""
        with self._lock:
            instance = self._instances.get(device.id)
            if instance is None or instance.epoch > device.epoch:
                return
            del self._instances[device.id]
        instance.forget()

    def retire(self, device: DeviceHandle) -> None:
        """See DeviceDriver."""
        with self._turn(device, retiring=True) as instance:
            instance.retire(device.parameters)
            with self._lock:
                self._instances.pop(device.id, None)
        self._tenures.sweep()

    def close(self, *, stop_devices: bool) -> None:
        """See DeviceDriver. Stops also devices that no living process has dealt with yet."""
        self._closed.set()
        if self._watch is not None:
            self._watch.join()
        for device_id in sorted(self._known()) if stop_devices else ():
            try:
                self._stop(device_id)
            except DeviceFailure as failure:
                _log.warning("not_stopped", device=device_id, reason=str(failure))

    @contextlib.contextmanager
    def _turn(self, device: DeviceHandle, *, retiring: bool = False) -> Iterator[Instance]:
        """The device's instance, while no other process works on the device."""
        if not _ID.fullmatch(device.id):
            raise DeviceFailure(f"device id {device.id[:80]!r} cannot name a directory")
        with self._tenures.turn(device.id) as tenure:
            self._let_go_before(device.id, tenure.epoch)
            tenure.take(device.epoch)
            yield self._instance(device)
            if retiring:
                tenure.end()

    def _instance(self, device: DeviceHandle) -> Instance:
        with self._lock:
            instance = self._instances.get(device.id)
            if instance is None or instance.epoch != device.epoch:
                # What another process did in an epoch between is read from the disk.
                instance = self._new_instance(device.id, device.epoch)
                self._instances[device.id] = instance
            if self._watch is None:
                self._watch = threading.Thread(target=self._revive, daemon=True, name="haproxy")
                self._watch.start()
            return instance

    def _new_instance(self, device_id: str, epoch: int) -> Instance:
        return Instance(self._state_dir / device_id, device_id, epoch, self.info.schema)

    def _let_go_before(self, device_id: str, epoch: int) -> None:
        """Do nothing more for a device that is another agent's since `epoch` began."""
        with self._lock:
            instance = self._instances.get(device_id)
            if instance is not None and instance.epoch < epoch:
                del self._instances[device_id]

    def _known(self) -> set[str]:
        names = {entry.name for entry in self._state_dir.glob("*") if _ID.fullmatch(entry.name)}
        return names | self._instances.keys()

    def _stop(self, device_id: str) -> None:
        with self._tenures.turn(device_id) as tenure:
            self._let_go_before(device_id, tenure.epoch)
            instance = self._instances.get(device_id)
            if instance is None and tenure.is_over():
                instance = self._new_instance(device_id, tenure.epoch)
            if instance is not None:
                instance.stop()

    def _revive(self) -> None:
        while not self._closed.wait(WATCH_EVERY):
            with self._lock:
                instances = list(self._instances.values())
            for instance in instances:
                try:
                    self._revive_one(instance)
                except DeviceFailure:
                    continue
                except Exception:  # noqa: BLE001 - one device's surprise must not end the watch
                    _log.exception("watch_failed", device=instance.device_id)

    def _revive_one(self, instance: Instance) -> None:
        with self._tenures.turn(instance.device_id, timeout=0.0) as tenure:
            self._let_go_before(instance.device_id, tenure.epoch)
            if self._instances.get(instance.device_id) is instance:
                instance.revive()
