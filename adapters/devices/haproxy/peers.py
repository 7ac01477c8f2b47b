"""Has a worker hand its persistence tables to the next one.

A worker teaches its successor over the peers socket, but only once it has been taught itself
or has given up waiting for that, ten seconds after it started. `prepare_to_teach` spares the
wait: it plays the predecessor that has nothing to teach.
"""

import re
import time
from pathlib import Path

from adapters.devices.haproxy.master import Master, Processes, connect
from adapters.devices.haproxy.persistence import PEERS

PEER = "local"
SOCKET = "peers.sock"
LEARNING_TIMEOUT = 0.5
"""Seconds that a worker gets to learn; tables are taught in far less."""

_HELLO = f"HAProxyS 2.1\n{PEER}\n{PEER} 1 1\n".encode()
_WELCOME = b"200\n"
_RESYNC_FINISHED = b"\x00\x01"
_FLAGS = re.compile(rf"id={PEERS} .*?flags=0x([0-9a-f]+)")
_TAUGHT = 0x03


def prepare_to_teach(master: Master, processes: Processes, directory: Path) -> None:
    """See that the worker will teach its successor. Raises OSError, MasterGone."""
    worker = processes.worker
    if worker is None or (
        processes.draining and _is_taught_within(LEARNING_TIMEOUT, master, worker)
    ):
        return
    if not _taught(master, worker):
        with connect(directory, SOCKET, timeout=LEARNING_TIMEOUT) as link:
            link.sendall(_HELLO)
            if link.recv(len(_WELCOME)) == _WELCOME:
                link.sendall(_RESYNC_FINISHED)
                _is_taught_within(LEARNING_TIMEOUT, master, worker)


def _is_taught_within(timeout: float, master: Master, worker: int) -> bool:
    deadline = time.monotonic() + timeout
    while not (taught := _taught(master, worker)) and time.monotonic() < deadline:
        time.sleep(0.002)
    return taught


def _taught(master: Master, worker: int) -> bool:
    match = _FLAGS.search(master.ask_worker(worker, "show peers"))
    return match is None or int(match[1], 16) & _TAUGHT == _TAUGHT
