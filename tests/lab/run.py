"""``python -m tests.lab.run COMMAND...``: run a command where it can do no harm.

The command gets network, mount and process namespaces of its own, with nothing but a loopback
interface. Whatever it leaves running ends with it, and the host sees nothing of its networks.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tests.lab.environment import install_neutron
from tests.servers.__main__ import missing

_UNUSABLE = 2
_CLONE_NEWNS, _CLONE_NEWPID, _CLONE_NEWNET = 0x00020000, 0x20000000, 0x40000000
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def problem() -> str | None:
    """Why the lab cannot run here, in one line."""
    if os.geteuid() != 0:
        return "The lab makes network namespaces: it runs as root only"
    if shutil.which("ip") is None:
        return "ip is not installed: install iproute2"
    if wanted := missing():
        return f"The lab needs {' '.join(wanted)}; run: python -m tests.servers --install"
    return None


def run(command: list[str]) -> int:
    """Run the command in fresh namespaces; its exit status, 128 and more for a signal."""
    _check(_LIBC.unshare(_CLONE_NEWNET | _CLONE_NEWNS | _CLONE_NEWPID))
    first = os.fork()
    if first == 0:
        _as_child(lambda: _first_process(command))
    return _supervise(first)


def _first_process(command: list[str]) -> int:
    """What the first process of the namespaces does. They end with it, and it with its parent."""
    _check(_LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL))
    _prepare()
    child = os.fork()
    if child == 0:
        _as_child(lambda: _become(command))
    return _supervise(child)


def _become(command: list[str]) -> NoReturn:
    if shutil.which(command[0]) is None:
        raise FileNotFoundError(f"{command[0]} is not there to be run")
    os.execvp(command[0], command)


def _prepare() -> None:
    """Give the namespaces what programs expect."""
    _run("mount", "--make-rprivate", "/")
    _run("mount", "-t", "proc", "proc", "/proc")
    # These show the interfaces of the namespace they are mounted in, and keep the names of
    # those that `ip netns` makes.
    _run("mount", "-t", "sysfs", "sysfs", "/sys")
    _run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    Path("/run/netns").mkdir()
    _run("ip", "link", "set", "lo", "up")


def _as_child(act: Callable[[], int]) -> None:
    """End this process, which was forked, with what `act` returns."""
    try:
        status = act()
    except Exception as failure:  # noqa: BLE001  # the parent's code must not go on here
        print(failure, file=sys.stderr)
        status = _UNUSABLE
    os._exit(status)


def _supervise(child: int) -> int:
    """Hand a child the signals that ask to stop and collect it and whatever it abandons; the
    child's exit status."""

    def forward(number: int, frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, forward)
    # The terminal sends this one to all.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


def main(arguments: list[str]) -> int:
    """The command's exit status, or 2 when it cannot run."""
    if not arguments:
        print("usage: python -m tests.lab.run COMMAND...", file=sys.stderr)
        return _UNUSABLE
    if said := problem():
        print(said, file=sys.stderr)
        return _UNUSABLE
    # From within, nothing can be fetched.
    install_neutron()
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
