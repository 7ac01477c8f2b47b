"""One at a time, whichever process: a lock on a file, which the system drops with its holder."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

_LOOK_AGAIN = 0.005
"""Seconds."""


class Busy(Exception):
    """Somebody else has had the file all the time."""


@contextlib.contextmanager
def exclusive(path: Path, timeout: float) -> Iterator[int]:
    """Have the file, made if need be, to oneself; yields its descriptor.

    Whoever has it may remove it. Raises Busy after `timeout` seconds, and OSError.
    """
    deadline = time.monotonic() + timeout
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            _lock(descriptor, deadline)
            if _is_at(descriptor, path):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _lock(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            if time.monotonic() >= deadline:
                raise Busy from taken
            time.sleep(_LOOK_AGAIN)
        else:
            return


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether the file is still there, and not another one in its place."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
