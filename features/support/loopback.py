"""Loopback addresses for one run of the features, apart from those of any other run."""

import socket
from collections.abc import Iterator

_LOCK_PORT = 47999
_FIRST, _LAST = 20, 119


class LoopbackRange:
    """A range 127.N.0.0/16 that this process holds until `close`."""

    def __init__(self) -> None:
        self._octet, self._lock = _take()
        self._subnets = self._prefixes()

    def next_prefix(self) -> str:
        """The next /24, as its first three octets; after the last one the first again."""
        return next(self._subnets)

    def close(self) -> None:
        """Let another run have the range."""
        self._lock.close()

    def _prefixes(self) -> Iterator[str]:
        while True:
            for third in range(1, 255):
                yield f"127.{self._octet}.{third}"


def _take() -> tuple[int, socket.socket]:
    for octet in range(_FIRST, _LAST + 1):
        lock = socket.socket()
        try:
            lock.bind((f"127.{octet}.0.1", _LOCK_PORT))
        except OSError:
            lock.close()
            continue
        return octet, lock
    raise RuntimeError("no loopback range is free: are other runs left over?")
