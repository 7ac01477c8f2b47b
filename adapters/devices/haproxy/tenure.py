"""Which agent has a device: kept where all agents of the host that share devices see it.

A file for each device holds the highest epoch seen and the agent's pid, and is locked while
an agent works on the device. It outlives the device, so that an agent which has missed its
retirement cannot make it again.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from adapters.devices.exclusive import Busy, exclusive
from core.ports.device_driver import DeviceFailure

TURN_TIMEOUT = 10.0
"""Seconds for which another process may work on a device before a call gives up."""
KEPT_FOR = 86_400.0
"""Seconds for which the epoch of a device that is gone is remembered."""
SWEEP_EVERY = 3_600.0


class Tenure:
    """One device's file, while nobody else has it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self.epoch, self._pid = _read(descriptor)

    def take(self, epoch: int) -> None:
        """The device belongs to this process now. Raises DeviceFailure for an earlier epoch."""
        if epoch < self.epoch:
            raise DeviceFailure(
                f"another agent has the device: epoch {epoch} is over, {self.epoch} has begun"
            )
        if (epoch, os.getpid()) != (self.epoch, self._pid):
            self.epoch, self._pid = epoch, os.getpid()
            # Always as long as before, so that it is written whole or not at all.
            os.pwrite(self._descriptor, f"{self.epoch:020d} {self._pid:010d}\n".encode(), 0)

    def is_over(self) -> bool:
        """Whether no living process has the device."""
        return self.epoch == 0 or not Path(f"/proc/{self._pid}").exists()

    def end(self) -> None:
        """The device is gone; only an epoch is worth remembering, from now on for a while."""
        if self.epoch == 0:
            self._path.unlink()
        else:
            os.utime(self._descriptor)


class Tenures:
    """The files of all devices below one directory."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._directory = state_dir / ".epochs"
        self._sweep_at = 0.0

    @contextlib.contextmanager
    def turn(self, device_id: str, timeout: float | None = None) -> Iterator[Tenure]:
        """Keep all others from the device. Raises DeviceFailure when one works on it."""
        path = self._directory / device_id
        with contextlib.ExitStack() as stack:
            try:
                self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                wait = TURN_TIMEOUT if timeout is None else timeout
                tenure = Tenure(path, stack.enter_context(exclusive(path, wait)))
            except Busy as busy:
                raise DeviceFailure(f"another process{_holder(path)} is at work on it") from busy
            except OSError as error:
                raise DeviceFailure(f"{path}: {error.strerror or error}") from error
            yield tenure

    def sweep(self) -> None:
        """Forget, once in a while, devices that have been gone for long."""
        if time.monotonic() < self._sweep_at or not self._directory.exists():
            return
        self._sweep_at = time.monotonic() + SWEEP_EVERY
        for path in list(self._directory.iterdir()):
            with contextlib.suppress(Busy, OSError):
                if not self._is_stale(path):
                    continue
                with exclusive(path, 0.0):
                    if self._is_stale(path):
                        path.unlink()

    def _is_stale(self, path: Path) -> bool:
        old = path.stat().st_mtime < time.time() - KEPT_FOR
        return old and not os.path.lexists(self._state_dir / path.name)


def _read(descriptor: int) -> tuple[int, int]:
    """Epoch and pid; none (0) where nothing was written yet."""
    try:
        epoch, pid = os.pread(descriptor, 64, 0).split()
        return int(epoch), int(pid)
    except ValueError:
        return 0, 0


def _holder(path: Path) -> str:
    """Which process had the file last, if that can be known."""
    with contextlib.suppress(OSError, ValueError):
        return f" (pid {int(path.read_text().split()[1])})"
    return ""
