"""The drivers that the contract suites run over, and what these must be able to do with them.

A new driver joins with one more `Subject`.
"""

import socket
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import msgspec
import pytest

from adapters.devices.haproxy import PLUGIN as HAPROXY
from adapters.devices.memory import MemoryDriver
from adapters.devices.memory.state import DeviceState
from core.domain.messages import DeviceHandle, ServiceOrder
from core.ports.device_driver import DeviceDriver
from tests.adapters.devices.haproxy.support import Balancer, free_port


class Subject(Protocol):
    """A driver, and what the suite must be able to do with its devices."""

    driver: DeviceDriver

    def device(self) -> DeviceHandle:
        """A device that can be reached and runs nothing."""

    def unreachable(self) -> DeviceHandle:
        """A device that cannot be reached."""

    def serves(self, balancer: Balancer) -> bool:
        """Whether clients are let in at the VIP's address and port."""

    def spoil(self, balancer: Balancer) -> None:
        """From now on no device takes this load balancer."""

    def close(self) -> None:
        """Leave nothing behind."""


class MemorySubject:
    """Devices in memory."""

    def __init__(self, _state_dir: Path) -> None:
        self.driver = MemoryDriver()
        self._refused: list[str] = []

    def device(self) -> DeviceHandle:
        return _handle("memory", {"refuse": self._refused})

    def unreachable(self) -> DeviceHandle:
        return _handle("memory", {"unreachable": True})

    def serves(self, balancer: Balancer) -> bool:
        try:
            self.driver.request(balancer.address, balancer.port)
        except ConnectionRefusedError:
            return False
        return True

    def spoil(self, balancer: Balancer) -> None:
        # Not a port that another balancer may have been given by chance.
        balancer.port = 1
        self._refused.append(str(balancer.port))

    def close(self) -> None:
        self.driver.close(stop_devices=True)


class SharedSubject(Subject, Protocol):
    """A driver whose devices outlive it, so that several agents of a host can share them."""

    def another(self) -> DeviceDriver:
        """One more driver over the same state, as in another process."""

    def keeps(self, device: DeviceHandle) -> bool:
        """Whether anything is kept of what the device runs."""


class FileSubject:
    """Devices in memory that keep their state in a file."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self.driver: DeviceDriver = MemoryDriver(state_dir)
        self._refused: list[str] = []

    def another(self) -> DeviceDriver:
        return MemoryDriver(self._state_dir)

    def device(self) -> DeviceHandle:
        return _handle("memory", {"refuse": self._refused, "file": str(uuid.uuid4())})

    def unreachable(self) -> DeviceHandle:
        device = self.device()
        (self._state_dir / f"{device.parameters['file']}.down").touch()
        return device

    def serves(self, balancer: Balancer) -> bool:
        """What is in the files counts, whichever driver wrote it."""
        files = [each for each in self._state_dir.iterdir() if not each.suffix]
        states = [msgspec.json.decode(each.read_bytes(), type=DeviceState) for each in files]
        return any(
            kept.spec.vip.address == balancer.address and listener.port == balancer.port
            for state in states
            for kept in state.services.values()
            for listener in kept.spec.listeners
        )

    def keeps(self, device: DeviceHandle) -> bool:
        file = self._state_dir / str(device.parameters["file"])
        if not file.exists():
            return False
        return bool(msgspec.json.decode(file.read_bytes(), type=DeviceState).services)

    def spoil(self, balancer: Balancer) -> None:
        balancer.port = 1
        self._refused.append(str(balancer.port))

    def close(self) -> None:
        self.driver.close(stop_devices=True)


class HaproxySubject:
    """HAProxy processes."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._devices: list[DeviceHandle] = []
        self._blockers: list[socket.socket] = []
        self._drivers: list[DeviceDriver] = []
        self.driver = self.another()

    def another(self) -> DeviceDriver:
        self._drivers.append(HAPROXY.open(self._state_dir))
        return self._drivers[-1]

    def device(self) -> DeviceHandle:
        self._devices.append(_handle("haproxy", {"threads": 1}))
        return self._devices[-1]

    def move_away(self, device: DeviceHandle) -> None:
        """Put the device's directory where not even root's driver can remove it."""
        place = self._state_dir / device.id
        place.rename(self._state_dir / "away")
        place.symlink_to(self._state_dir / "away")

    def move_back(self, device: DeviceHandle) -> None:
        """Undo `move_away`."""
        place = self._state_dir / device.id
        place.unlink()
        (self._state_dir / "away").rename(place)

    def keeps(self, device: DeviceHandle) -> bool:
        return (self._state_dir / device.id).exists()

    def unreachable(self) -> DeviceHandle:
        return _handle("haproxy", {"binary": "/nonexistent/haproxy"})

    def serves(self, balancer: Balancer) -> bool:
        return balancer.open()

    def spoil(self, balancer: Balancer) -> None:
        self._blockers.append(_bound(balancer.address, balancer.port))

    def close(self) -> None:
        for blocker in self._blockers:
            blocker.close()
        for device in self._devices:
            self.driver.retire(replace(device, epoch=LAST_EPOCH))
        for driver in self._drivers:
            driver.close(stop_devices=False)


LAST_EPOCH = 1_000_000
"""Above that of any test."""

IN_PROCESS = pytest.param(MemorySubject, id="memory")
IN_FILE = pytest.param(FileSubject, id="memory-file")
PROCESSES = pytest.param(HaproxySubject, id="haproxy", marks=pytest.mark.slow)

SUBJECTS = [IN_PROCESS, IN_FILE, PROCESSES]
SHARED = [IN_FILE, PROCESSES]
STARTED_BY_THE_AGENT = [IN_PROCESS, PROCESSES]
"""Drivers that start their devices, and can therefore stop them."""


def run(
    subject: Subject, device: DeviceHandle, *orders: ServiceOrder, complete: bool = False
) -> None:
    """Apply what must succeed."""
    outcomes = subject.driver.apply(device, orders, complete=complete)
    assert [each.failure for each in outcomes] == [None] * len(orders)


def moved(balancer: Balancer) -> Balancer:
    """Have the balancer listen on another port; returns a stand-in for where it was."""
    before = Balancer()
    before.address, before.port = balancer.address, balancer.port
    while balancer.port == before.port:
        balancer.port = free_port(balancer.address)
    return before


def _bound(address: str, port: int) -> socket.socket:
    return socket.create_server((address, port))


def _handle(driver: str, parameters: dict[str, object]) -> DeviceHandle:
    return DeviceHandle(
        id=str(uuid.uuid4()), name="device", driver=driver, version=None, parameters=parameters
    )
