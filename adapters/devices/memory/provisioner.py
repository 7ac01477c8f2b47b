"""Makes devices in memory, as slowly and as badly as it is told to."""

import threading

from core.ports.device_provisioner import NotYet, Provisioned, ProvisionFailure, ProvisionOrder


class MemoryProvisioner:
    """Implements DeviceProvisioner. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, ProvisionOrder] = {}
        self._failures = 0
        self._failure = ""
        self._delays = 0
        self._delay = 0.0

    def provision(self, order: ProvisionOrder) -> Provisioned | NotYet:
        """See DeviceProvisioner.provision."""
        with self._lock:
            if order.device_id not in self._made:
                self._fail_if_told()
                if self._delays:
                    self._delays -= 1
                    return NotYet(self._delay, "boots")
                self._made[order.device_id] = order
        return Provisioned(order.parameters)

    def destroy(self, order: ProvisionOrder) -> NotYet | None:
        """See DeviceProvisioner.destroy."""
        with self._lock:
            if order.device_id in self._made:
                self._fail_if_told()
                del self._made[order.device_id]
        return None

    def fail(self, times: int, reason: str = "no room on any host") -> None:
        """Fail the next `times` times that something is to be done."""
        with self._lock:
            self._failures, self._failure = times, reason

    def delay(self, times: int, seconds: float = 1.0) -> None:
        """Let whoever asks for a device come again `times` times, after `seconds` each."""
        with self._lock:
            self._delays, self._delay = times, seconds

    def made(self) -> dict[str, ProvisionOrder]:
        """What was made and not destroyed, by device."""
        with self._lock:
            return dict(self._made)

    def _fail_if_told(self) -> None:
        if self._failures:
            self._failures -= 1
            raise ProvisionFailure(self._failure)
