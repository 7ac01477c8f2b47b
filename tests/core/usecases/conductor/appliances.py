"""Devices that outlive every process, and note whatever goes wrong with them."""

from collections.abc import Callable, Sequence

from adapters.devices.memory import MemoryAdvisor
from core.domain.binding import Attachment
from core.domain.device import DeviceFacts
from core.domain.messages import DeviceHandle, ServiceOrder
from core.ports.device_driver import DeviceFailure, Observation, Outcome

Interlude = Callable[[], None]
"""What happens elsewhere in the middle of a call; may raise, when the caller dies meanwhile."""


class Appliances:
    """All devices by id: the highest epoch that each has seen, what it runs, and the newest
    revision of each service that it ever carried out."""

    def __init__(self) -> None:
        self.epochs: dict[str, int] = {}
        self.running: dict[str, dict[str, int]] = {}
        self.newest: dict[tuple[str, str], int] = {}
        self.down: set[str] = set()
        self.wrongs: list[str] = []

    def reach(self, device: DeviceHandle) -> dict[str, int]:
        if device.id in self.down:
            raise DeviceFailure("down")
        if device.epoch < self.epochs.get(device.id, 0):
            raise DeviceFailure(f"epoch {device.epoch} is over")
        self.epochs[device.id] = device.epoch
        return self.running.setdefault(device.id, {})

    def carry_out(self, device: DeviceHandle, order: ServiceOrder) -> None:
        running = self.reach(device)
        place = (device.id, order.service_id)
        if order.revision < self.newest.get(place, 0):
            self.wrongs.append(f"{place}: {order.revision} after {self.newest[place]}")
        self.newest[place] = order.revision
        running.pop(order.service_id, None)
        if order.spec is not None:
            running[order.service_id] = order.revision


class ApplianceDriver:
    """One agent's DeviceDriver for them."""

    info = MemoryAdvisor.info

    def __init__(self, appliances: Appliances, interlude: Interlude) -> None:
        self._appliances = appliances
        self._interlude = interlude
        self._at: set[str] = set()

    def probe(self, device: DeviceHandle) -> DeviceFacts:
        self._alone(device, lambda: self._appliances.reach(device))
        return DeviceFacts(version="1.0", capabilities=self.info.capabilities)

    def apply(
        self, device: DeviceHandle, orders: Sequence[ServiceOrder], *, complete: bool
    ) -> Sequence[Outcome]:
        del complete

        def carry_out() -> None:
            for order in orders:
                self._appliances.carry_out(device, order)

        self._alone(device, carry_out)
        return [Outcome(service_id=each.service_id, revision=each.revision) for each in orders]

    def observe(self, device: DeviceHandle) -> Observation:
        try:
            self._alone(device, lambda: self._appliances.reach(device))
        except DeviceFailure as failure:
            return Observation(failure=str(failure))
        return Observation()

    def release(self, device: DeviceHandle) -> None:
        self._alone(device, lambda: None)

    def retire(self, device: DeviceHandle) -> None:
        self._alone(device, lambda: self._appliances.reach(device).clear())

    def close(self, *, stop_devices: bool) -> None:
        del stop_devices

    def _alone(self, device: DeviceHandle, work: Callable[[], object]) -> None:
        """Calls for one device come one after another, whatever happens in between."""
        if device.id in self._at:
            self._appliances.wrongs.append(f"{device.id}: two calls of one agent at once")
        self._at.add(device.id)
        try:
            self._interlude()
            work()
            self._interlude()
        finally:
            self._at.discard(device.id)


class Wires:
    """A NetworkWirer's wires: notes who attaches or detaches what somebody else is at."""

    def __init__(self) -> None:
        self.attached: dict[tuple[str, str], Attachment] = {}
        self.wrongs: list[str] = []
        self._at: dict[tuple[str, str], str] = {}

    def attach(self, who: str, attachment: Attachment, interlude: Interlude) -> Attachment:
        place = (attachment.device_id, attachment.network_id)
        self._alone(who, place, interlude, lambda: self.attached.setdefault(place, attachment))
        return attachment

    def detach(self, who: str, place: tuple[str, str], interlude: Interlude) -> None:
        self._alone(who, place, interlude, lambda: self.attached.pop(place, None))

    def _alone(
        self,
        who: str,
        place: tuple[str, str],
        interlude: Interlude,
        work: Callable[[], object],
    ) -> None:
        if place in self._at:
            self.wrongs.append(f"{place}: {who} is at it while {self._at[place]} is")
        self._at[place] = who
        try:
            interlude()
            work()
            interlude()
        finally:
            self._at.pop(place, None)
