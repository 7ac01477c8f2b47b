"""Devices in memory that do what they were told, so that tests can ask them for traffic."""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from adapters.devices.memory.advisor import MemoryAdvisor
from adapters.devices.memory.places import InFile, InProcess, Place
from adapters.devices.memory.state import Turn
from adapters.devices.memory.traffic import Traffic
from core.domain.device import DeviceFacts
from core.domain.loadbalancer.spec import ListenerSpec, LoadBalancerSpec, MemberSpec
from core.domain.messages import DeviceHandle, ServiceOrder
from core.ports.device_driver import DeviceFailure, Observation, Outcome

VERSION = "1.0"


class MemoryDriver:
    """Implements DeviceDriver. Thread-safe. Without `state_dir` no device can have a `file`."""

    info = MemoryAdvisor.info

    def __init__(self, state_dir: Path | None = None) -> None:
        self._state_dir = state_dir
        self._lock = threading.Lock()
        self._places: dict[str, Place] = {}
        self._strangers: dict[str, frozenset[str]] = {}
        self._traffic = Traffic()

    def probe(self, device: DeviceHandle) -> DeviceFacts:
        """See DeviceDriver.probe."""
        with self._turn(device):
            return DeviceFacts(version=VERSION, capabilities=self.info.capabilities)

    def apply(
        self, device: DeviceHandle, orders: Sequence[ServiceOrder], *, complete: bool
    ) -> Sequence[Outcome]:
        """See DeviceDriver.apply."""
        with self._turn(device, orders) as turn:
            outcomes = turn.apply(orders, device.parameters.get("refuse"), complete=complete)
        ordered = {order.service_id for order in orders}
        self._strangers[device.id] = frozenset(turn.services.keys() - ordered if complete else ())
        self._traffic.change(device.id, turn.before.services, turn.services, ordered)
        return outcomes

    def observe(self, device: DeviceHandle) -> Observation:
        """See DeviceDriver.observe."""
        try:
            with self._turn(device) as turn:
                services = self._traffic.measure(device.id, turn.services)
        except DeviceFailure as failure:
            return Observation(failure=str(failure))
        strangers = sorted(self._strangers.get(device.id, ()))
        note = f"services that nobody ordered: {', '.join(strangers)}" if strangers else ""
        return Observation(note=note, services=services)

    def release(self, device: DeviceHandle) -> None:
        """See DeviceDriver.release. A device without a file is nowhere else, and stays."""
        with self._lock:
            if isinstance(self._places.get(device.id), InFile):
                del self._places[device.id]

    def retire(self, device: DeviceHandle) -> None:
        """See DeviceDriver.retire. A file remembers its epoch."""
        with self._turn(device, retiring=True) as turn:
            turn.retire()
        self._traffic.forget(device.id)

    def close(self, *, stop_devices: bool) -> None:
        """See DeviceDriver.close. A device with a file is no part of the agent, and goes on."""
        if stop_devices:
            with self._lock:
                self._places.clear()

    def running(self, device_id: str) -> dict[str, LoadBalancerSpec]:
        """What a device runs, by service."""
        with self._lock:
            place = self._places.get(device_id)
        services = place.look().services if place else {}
        return {service_id: kept.spec for service_id, kept in services.items()}

    def set_member_alive(self, address: str, port: int, *, alive: bool) -> None:
        """Let a member's server die or come back; only monitors notice."""
        self._traffic.set_member_alive(address, port, alive=alive)

    def request(self, address: str, port: int) -> MemberSpec | None:
        """Send one request to a VIP: the member that answers, None when none can.

        Raises ConnectionRefusedError when no device listens there.
        """
        return self._traffic.answer(self._listener(address, port).default_pool)

    def _listener(self, address: str, port: int) -> ListenerSpec:
        with self._lock:
            device_ids = list(self._places)
        for device_id in device_ids:
            for spec in self.running(device_id).values():
                if not spec.enabled or spec.vip.address != address:
                    continue
                for listener in spec.listeners:
                    if listener.enabled and listener.port == port:
                        return listener
        raise ConnectionRefusedError(f"{address}:{port}")

    @contextlib.contextmanager
    def _turn(
        self, device: DeviceHandle, orders: Sequence[ServiceOrder] = (), *, retiring: bool = False
    ) -> Iterator[Turn]:
        """Work on a device that nobody else works on, and keep what became of it."""
        delay: Any = device.parameters.get("delay")
        if delay:
            time.sleep(delay)
        if device.parameters.get("unreachable") and not retiring:
            raise DeviceFailure("connection timed out")
        place = self._place(device)
        with place.turn() as state:
            turn = Turn(state, device.epoch, in_place=place.in_place)
            if device.epoch < state.epoch:
                reason = f"epoch {device.epoch} is over, {state.epoch} has begun"
                turn.refuse(orders, reason)
                if retiring:
                    turn.refuse_to_retire(reason)
                place.put(state, turn.log)
                raise DeviceFailure(f"another agent has the device: {reason}")
            yield turn
            place.put(turn.state, turn.log)

    def _place(self, device: DeviceHandle) -> Place:
        file: Any = device.parameters.get("file")
        with self._lock:
            place = self._places.get(device.id)
            if file is None:
                if not isinstance(place, InProcess):
                    place = self._places[device.id] = InProcess()
            elif self._state_dir is None:
                raise DeviceFailure("file: this agent keeps no files")
            elif not isinstance(place, InFile) or place.path.name != file:
                place = self._places[device.id] = InFile(self._state_dir, file)
            return place
