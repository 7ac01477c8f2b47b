"""Where a device's state is: in the agent's process, or in a file that outlives it."""

import contextlib
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import msgspec

from adapters.devices.exclusive import Busy, exclusive
from adapters.devices.memory.advisor import FILE_NAME
from adapters.devices.memory.state import Applied, DeviceState
from core.ports.device_driver import DeviceFailure

TURN_TIMEOUT = 5.0
"""Seconds for which another process may be at work on the device before a call gives up."""


class Place(Protocol):
    """Keeps one device's state. `in_place`: nobody else sees it in a turn."""

    in_place: bool

    def turn(self) -> contextlib.AbstractContextManager[DeviceState]:
        """Keep all others from the device. Raises DeviceFailure when it does not answer."""

    def put(self, state: DeviceState, log: Sequence[Applied]) -> None:
        """Within a turn: the device is so now, and this was done to it."""

    def look(self) -> DeviceState:
        """How the device is."""


class InProcess:
    """Implements Place for a device that ends with its agent."""

    in_place = True

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = DeviceState()

    @contextlib.contextmanager
    def turn(self) -> Iterator[DeviceState]:
        """See Place.turn."""
        with self._lock:
            yield self._state

    def put(self, state: DeviceState, log: Sequence[Applied]) -> None:  # noqa: ARG002 - the port's signature
        """See Place.put."""
        self._state = state

    def look(self) -> DeviceState:
        """See Place.look."""
        with self._lock:
            return replace(self._state, services=dict(self._state.services))


class InFile:
    """Implements Place for a device that several agents can reach, like a remote appliance."""

    in_place = False

    def __init__(self, state_dir: Path, name: str) -> None:
        if not re.fullmatch(FILE_NAME, name):
            raise DeviceFailure(f"file: {name[:80]!r} is no plain name")
        self.path = state_dir / name
        self._log = state_dir / f"{name}.log"
        self._down = state_dir / f"{name}.down"
        self._turn = state_dir / f"{name}.lock"
        self._known = DeviceState()
        self._version: tuple[int, ...] = ()

    @contextlib.contextmanager
    def turn(self) -> Iterator[DeviceState]:
        """See Place.turn."""
        if self._down.exists():
            raise DeviceFailure("connection timed out")
        with contextlib.ExitStack() as stack:
            try:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                stack.enter_context(exclusive(self._turn, TURN_TIMEOUT))
                state = self._load()
            except Busy as busy:
                raise DeviceFailure("another process is at work on the device") from busy
            except (OSError, msgspec.MsgspecError) as error:
                raise DeviceFailure(f"{self.path}: {error}") from error
            yield state

    def put(self, state: DeviceState, log: Sequence[Applied]) -> None:
        """See Place.put. What is in the file is in the log, whenever the process may end."""
        try:
            if log:
                self._append(log)
            if state != self._known:
                self._replace(state)
                self._known, self._version = state, self._find_version()
        except OSError as error:
            raise DeviceFailure(f"{self.path}: {error.strerror or error}") from error

    def look(self) -> DeviceState:
        """See Place.look."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=DeviceState)
        except FileNotFoundError:
            return DeviceState()

    def _load(self) -> DeviceState:
        """The state, read again only when another process changed it."""
        version = self._find_version()
        if version != self._version:
            self._known, self._version = self.look(), version
        return self._known

    def _find_version(self) -> tuple[int, ...]:
        """What tells one content of the file from another; nothing when there is no file."""
        try:
            seen = self.path.stat()
        except FileNotFoundError:
            return ()
        return (seen.st_ino, seen.st_mtime_ns, seen.st_size)

    def _replace(self, state: DeviceState) -> None:
        if state == DeviceState():
            self.path.unlink(missing_ok=True)
            return
        new = self.path.with_name(f"{self.path.name}.new")
        new.write_bytes(msgspec.json.encode(state))
        new.replace(self.path)

    def _append(self, log: Sequence[Applied]) -> None:
        lines = b"".join(msgspec.json.encode(each) + b"\n" for each in log)
        with self._log.open("ab", buffering=0) as file:
            file.write(lines)
