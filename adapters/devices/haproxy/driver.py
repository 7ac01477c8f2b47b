"""The device driver: one `Instance` for each device, and a watch over them all."""

import re
import threading
from collections.abc import Sequence
from pathlib import Path

import structlog

from adapters.devices.haproxy.advisor import INFO
from adapters.devices.haproxy.instance import Instance
from core.domain.device import DeviceFacts
from core.domain.messages import DeviceHandle, ServiceOrder
from core.ports.device_driver import DeviceFailure, Observation, Outcome

WATCH_EVERY = 0.25
"""Seconds within which a HAProxy that died is noticed."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

_log = structlog.get_logger()


class HaproxyDriver:
    """Implements DeviceDriver. Each device has a directory of its own below `state_dir`."""

    info = INFO

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir.absolute()
        self._lock = threading.Lock()
        self._instances: dict[str, Instance] = {}
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None

    def probe(self, device: DeviceHandle) -> DeviceFacts:
        """See DeviceDriver."""
        return self._instance(device).probe(device.parameters)

    def apply(
        self, device: DeviceHandle, orders: Sequence[ServiceOrder], *, complete: bool
    ) -> Sequence[Outcome]:
        """See DeviceDriver."""
        return self._instance(device).apply(device.parameters, orders, complete=complete)

    def observe(self, device: DeviceHandle) -> Observation:
        """See DeviceDriver."""
        return self._instance(device).observe(device.parameters)

    def retire(self, device: DeviceHandle) -> None:
        """See DeviceDriver."""
        self._instance(device).retire()
        with self._lock:
            self._instances.pop(device.id, None)

    def close(self, *, stop_devices: bool) -> None:
        """See DeviceDriver. Stops also devices that this process has not dealt with yet."""
        self._closed.set()
        if self._watch is not None:
            self._watch.join()
        if stop_devices:
            for instance in self._all():
                instance.stop()

    def _instance(self, device: DeviceHandle) -> Instance:
        if not _ID.fullmatch(device.id):
            raise DeviceFailure(f"device id {device.id[:80]!r} cannot name a directory")
        with self._lock:
            if device.id not in self._instances:
                self._instances[device.id] = Instance(self._state_dir / device.id, device.id)
            if self._watch is None:
                self._watch = threading.Thread(target=self._revive, daemon=True, name="haproxy")
                self._watch.start()
            return self._instances[device.id]

    def _all(self) -> list[Instance]:
        names = [entry.name for entry in self._state_dir.glob("*") if _ID.fullmatch(entry.name)]
        others = [name for name in names if name not in self._instances]
        return [
            *self._instances.values(),
            *(Instance(self._state_dir / name, name) for name in others),
        ]

    def _revive(self) -> None:
        while not self._closed.wait(WATCH_EVERY):
            with self._lock:
                instances = list(self._instances.values())
            for instance in instances:
                try:
                    instance.revive()
                except Exception:  # noqa: BLE001 - one device's surprise must not end the watch
                    _log.exception("watch_failed", device=instance.device_id)
