"""Finds and ends the processes that belong to a directory which nobody else uses."""

import contextlib
import os
import signal
from pathlib import Path

from pierhead.demo.errors import NotObserved
from pierhead.demo.polling import until


def processes_of(directory: Path) -> frozenset[int]:
    """Ids of the processes that name the directory in their arguments or work inside it.

    This process is left out, and so are zombies, which have neither.
    """
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid() and _uses(entry, directory):
            found.add(int(entry.name))
    return frozenset(found)


def end_processes_of(directory: Path, *, grace: float = 2.0) -> None:
    """Ask them to end, wait for `grace` seconds, and kill what is left.

    Raises NotObserved when some survive even that.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in processes_of(directory):
            _signal(pid, number)
        try:
            wait_until_gone(directory, seconds=grace)
        except NotObserved:
            if number is signal.SIGKILL:
                raise
        else:
            return


def wait_until_gone(directory: Path, *, seconds: float) -> None:
    """Return once no process uses the directory. Raises NotObserved."""
    until(
        lambda: not processes_of(directory),
        what=f"every process of {directory} has ended",
        seconds=seconds,
    )


def _uses(entry: Path, directory: Path) -> bool:
    try:
        if os.fsencode(directory) in (entry / "cmdline").read_bytes():
            return True
        return (entry / "cwd").readlink().is_relative_to(directory)
    except OSError:
        return False


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
