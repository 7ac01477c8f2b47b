"""Has a worker hand its persistence tables to the next one.

A worker teaches its successor over the peers socket, but only once it has been taught itself
or has given up waiting for that, ten seconds after it started. `prepare_to_teach` spares the
wait: it plays the predecessor that has nothing to teach. `await_taught` is for afterwards.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path

from adapters.devices.haproxy.master import Master, connect
from adapters.devices.haproxy.persistence import PEERS

PEER = "local"
SOCKET = "peers.sock"
LEARNING_TIMEOUT = 5.0
"""Seconds that a worker gets to learn: as long as it waits itself for a predecessor. The largest
table is taught in a fraction of one, on a host that has time for it."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.002, 0.05
_HELLO = f"HAProxyS 2.1\n{PEER}\n{PEER} 1 1\n".encode()
_WELCOME = b"200\n"
_RESYNC_FINISHED = b"\x00\x01"
_FLAGS = re.compile(rf"id={PEERS} .*?flags=0x([0-9a-f]+)")
_TAUGHT = 0x03


def prepare_to_teach(master: Master, directory: Path) -> None:
    """See that the worker will teach its successor. Raises OSError, MasterGone."""
    worker = await_taught(master)
    if worker is not None and not _taught(master, worker):
        with connect(directory, SOCKET, timeout=LEARNING_TIMEOUT) as link:
            link.sendall(_HELLO)
            if link.recv(len(_WELCOME)) == _WELCOME:
                link.sendall(_RESYNC_FINISHED)
                _wait(lambda: _taught(master, worker))


def await_taught(master: Master) -> int | None:
    """Wait until the worker knows the tables of the one before, or nobody is left who could
    teach it; returns the worker. Until then clients may be sent to other members than
    theirs. Raises MasterGone."""
    worker = None

    def settled() -> bool:
        nonlocal worker
        processes = master.processes()
        worker = processes.worker
        return worker is None or not processes.draining or _taught(master, worker)

    _wait(settled)
    return worker


def _wait(condition: Callable[[], bool]) -> None:
    """For LEARNING_TIMEOUT at most."""
    deadline = time.monotonic() + LEARNING_TIMEOUT
    pause = _FIRST_PAUSE
    while not condition() and time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _taught(master: Master, worker: int) -> bool:
    match = _FLAGS.search(master.ask_worker(worker, "show peers"))
    return match is None or int(match[1], 16) & _TAUGHT == _TAUGHT
