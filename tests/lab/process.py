"""Neutron's processes, which have children of their own."""

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.servers.process import run_as
from tests.split.site import RoleProcess


@dataclass
class LabProcess(RoleProcess):
    """A process of the lab, with those that it starts."""

    started: datetime = field(init=False)

    def start(self) -> None:
        """Begin, or begin anew with the same configuration; the log goes on."""
        self.started = datetime.now(UTC)
        super().start()

    def kill(self) -> None:
        """End it and all its descendants at once (SIGKILL)."""
        descendants = _descendants(self.pid)
        super().kill()
        for pid in descendants:
            _signal(pid, signal.SIGKILL)

    def pause(self) -> None:
        """Let it and its descendants do nothing (SIGSTOP)."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on (SIGCONT)."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        for pid in (self.pid, *_descendants(self.pid)):
            _signal(pid, number)


def lab_process(
    name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path
) -> LabProcess:
    """A process that runs in `folder`, not started yet; its log is there."""
    folder.mkdir(parents=True, exist_ok=True)
    # The modules of this checkout must not be found in the current folder.
    command = run_as("root", ["env", f"--chdir={folder}", *command])
    return LabProcess(name, name, command, environment, folder / f"{name}.log")


def _descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *_descendants(child)]
    return found


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
