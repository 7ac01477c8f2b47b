"""Talks to a HAProxy master process, and through it to its workers."""

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

SOCKET = "master.sock"
RELOAD_TIMEOUT = 60.0
"""Seconds; a reload of thousands of load balancers takes under one."""

_PROCESS = re.compile(r"(\d+)\s+(master|worker)\s")


class MasterGone(Exception):
    """Nobody answers on the master's socket."""


class ReloadRefused(Exception):
    """The master kept its old workers. The text is HAProxy's start-up log."""


@dataclass(frozen=True, slots=True)
class Processes:
    """The pids of a HAProxy: the worker that takes connections, and old ones that drain."""

    master: int
    worker: int | None
    draining: tuple[int, ...]

    @property
    def workers(self) -> tuple[int, ...]:
        return self.draining if self.worker is None else (self.worker, *self.draining)


class Master:
    """The master socket in a device's directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def ask(self, command: str, timeout: float = 10.0) -> str:
        """The answer to one command, without blank lines around it. Raises MasterGone."""
        try:
            return self._exchange(command, timeout).decode(errors="replace").strip("\n")
        except OSError as error:
            raise MasterGone(f"HAProxy's master does not answer: {error}") from error

    def ask_worker(self, pid: int, command: str) -> str:
        """The answer of one worker. Raises MasterGone."""
        return self.ask(f"@!{pid} {command}")

    def lives(self, timeout: float) -> bool:
        """Whether the master answers the cheapest question there is."""
        try:
            return bool(self.ask("show version", timeout))
        except MasterGone:
            return False

    def processes(self, timeout: float = 10.0) -> Processes:
        """Who runs. Raises MasterGone."""
        master = 0
        workers: list[int] = []
        draining: list[int] = []
        old = False
        for row in self.ask("show proc", timeout).splitlines():
            if row.startswith("#"):
                old = row.startswith("# old workers")
            elif match := _PROCESS.match(row):
                pid = int(match[1])
                if match[2] == "master":
                    master = pid
                else:
                    (draining if old else workers).append(pid)
        if not master:
            raise MasterGone("HAProxy's master gave no list of processes")
        return Processes(master, workers[0] if workers else None, tuple(draining))

    def reload(self) -> None:
        """Replace the worker by one with the configuration on disk.

        Returns when the new one takes connections. Raises ReloadRefused, MasterGone.
        """
        answer = self.ask("reload", RELOAD_TIMEOUT)
        if not answer.startswith("Success=1"):
            raise ReloadRefused(answer.partition("--")[2].strip() or answer or "no answer")

    def _exchange(self, command: str, timeout: float) -> bytes:
        with connect(self._directory, SOCKET, timeout) as link:
            link.sendall(command.encode() + b"\n")
            # The master keeps the connection open until the client says it is done.
            link.shutdown(socket.SHUT_WR)
            received = bytearray()
            while chunk := link.recv(262_144):
                received += chunk
            return bytes(received)


def connect(directory: Path, name: str, timeout: float) -> socket.socket:
    """A connection to a UNIX socket in a directory, however long its path. Raises OSError."""
    # A socket's path may have some 100 bytes only, so it is reached through its directory.
    handle = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    link = socket.socket(socket.AF_UNIX)
    try:
        link.settimeout(timeout)
        link.connect(f"/proc/self/fd/{handle}/{name}")
    except OSError:
        link.close()
        raise
    finally:
        os.close(handle)
    return link
