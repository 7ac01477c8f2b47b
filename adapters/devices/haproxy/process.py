"""The operating system's side of one HAProxy: starting it, finding it, stopping it."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from adapters.devices.haproxy.binary import Binary
from adapters.devices.haproxy.master import SOCKET, Master, MasterGone

START_TIMEOUT = 30.0
STOP_TIMEOUT = 5.0
"""Seconds."""
EXEC_TIMEOUT_MS = 200
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "TZ")
"""Of the environment; the rest may hold the agent's secrets."""
LONGEST_LOG = 8 * 1024 * 1024

_children: dict[int, subprocess.Popen[bytes]] = {}
"""Masters that this process started. They outlive every driver object, and the process."""


class StartFailure(Exception):
    """HAProxy did not start. The text is what it said."""


class Process:
    """The HAProxy of one device directory, whoever started it."""

    def __init__(self, directory: Path, config: Path) -> None:
        self._directory = directory
        self._config = os.fsencode(config)
        self._pid_file = directory / "haproxy.pid"
        self._log = directory / "haproxy.log"

    def pid(self) -> int | None:
        """The master's pid, None when it does not run."""
        try:
            pid = int(self._pid_file.read_text())
        except (OSError, ValueError):
            return None
        self.exit_reason(pid)
        return pid if self._ours(pid) else None

    def last_pid(self) -> int | None:
        """The pid that the master has or had."""
        try:
            return int(self._pid_file.read_text())
        except (OSError, ValueError):
            return None

    def exit_reason(self, pid: int) -> str:
        """How a master ended, as far as it can be known."""
        child = _children.get(pid)
        code = child.poll() if child is not None else None
        if code is None:
            return f"process {pid} was gone"
        if code < 0:
            return f"process {pid} was killed by {signal.Signals(-code).name}"
        return f"process {pid} exited with code {code}"

    def start(self, binary: Binary) -> None:
        """Start HAProxy and return once its worker takes connections. Raises StartFailure."""
        self._end_leftovers()
        (self._directory / SOCKET).unlink(missing_ok=True)
        self.trim_log()
        offset = self._log.stat().st_size if self._log.exists() else 0
        with open(self._log, "ab", opener=_private) as log:
            child = subprocess.Popen(  # noqa: S603 - the administrator names the program
                [binary.path, "-W", "-f", os.fsdecode(self._config), "-S",
                 f"unix@{SOCKET},mode,600"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self._directory, start_new_session=True, umask=0o077,
                env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
            )  # fmt: skip
        _children[child.pid] = child
        with open(self._pid_file, "w", opener=_private) as file:
            file.write(f"{child.pid}\n")
        self._wait_until_ready(child, offset)

    def stop(self) -> None:
        """End HAProxy with all its workers, connections included. Idempotent."""
        pid = self.pid()
        if pid is not None:
            _signal(pid, signal.SIGTERM)
            self._wait_until_gone(STOP_TIMEOUT)
        self._end_leftovers()

    def trim_log(self) -> None:
        """Keep the log from growing without end: one old part is kept."""
        with contextlib.suppress(FileNotFoundError):
            if self._log.stat().st_size > LONGEST_LOG:
                # HAProxy appends to the file it has open, so it is emptied in place.
                self._log.with_suffix(".log.1").write_bytes(self._log.read_bytes())
                os.truncate(self._log, 0)

    def _wait_until_ready(self, child: subprocess.Popen[bytes], offset: int) -> None:
        master = Master(self._directory)
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            if child.poll() is not None:
                raise StartFailure(self._said_since(offset))
            with contextlib.suppress(MasterGone):
                if master.processes().worker is not None:
                    return
            time.sleep(0.002)
        self.stop()
        raise StartFailure(f"not ready within {START_TIMEOUT:.0f} s. {self._said_since(offset)}")

    def _said_since(self, offset: int) -> str:
        with self._log.open("rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace").strip()

    def _end_leftovers(self) -> None:
        """Workers end by themselves when their master is gone; see that they did."""
        self._wait_until_gone(STOP_TIMEOUT / 5)
        for pid in self._all():
            _signal(pid, signal.SIGKILL)
        self._wait_until_gone(STOP_TIMEOUT)

    def _wait_until_gone(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while self._all() and time.monotonic() < deadline:
            time.sleep(0.01)

    def _all(self) -> list[int]:
        for child in list(_children.values()):
            child.poll()
        names = (entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit())
        return [int(name) for name in names if self._ours(int(name))]

    def _ours(self, pid: int) -> bool:
        """Whether the process is a HAProxy with our configuration: pids are used again."""
        words = _command_line(pid)
        return b"-W" in words and b"-f" in words and self._config in words


def _command_line(pid: int) -> list[bytes]:
    """A process's words; empty when there is no such process, or it only waits to be reaped."""
    directory = Path(f"/proc/{pid}")
    with contextlib.suppress(OSError):
        for _ in range(EXEC_TIMEOUT_MS):
            if line := (directory / "cmdline").read_bytes():
                return line.split(b"\0")
            # A process that becomes another program, as at a reload, has no words for a moment.
            # One that has ended has no program either.
            (directory / "exe").readlink()
            time.sleep(0.001)
    return []


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
