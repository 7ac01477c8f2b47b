"""Tells the service manager (systemd) how the process does, as sd_notify(3) has it."""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

_MICROSECONDS = 1_000_000
_MOST_BYTES = 1000
"""Of a line of status; a datagram must not become too long to be sent."""


class Notifier:
    """Sends to the socket that the service manager named; does nothing when there is none.

    Nothing is raised when the manager does not listen: the process works all the same.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the abstract name space.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._watched_for = _watched_for(environment)

    @property
    def watchdog_interval(self) -> float | None:
        """Seconds between two signs of life: half of what the manager allows. None: it does not
        wait for any."""
        return self._watched_for / 2 if self._address and self._watched_for else None

    def ready(self) -> None:
        """All that the role needs is there, and it works."""
        self._send("READY=1")

    def stopping(self) -> None:
        """It finishes what is in hand."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """A sign of life for the watchdog."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """One line for who asks how it does."""
        line = " ".join(text.split()).encode("utf-8", "replace")[:_MOST_BYTES]
        self._send(f"STATUS={line.decode('utf-8', 'ignore')}")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel,
        ):
            # A manager that does not read must not hold us up.
            channel.settimeout(0)
            channel.sendto(message.encode(), self._address)


def _watched_for(environment: Mapping[str, str]) -> float:
    """Seconds after which the manager misses a sign of life of this process; 0: never."""
    meant = environment.get("WATCHDOG_PID")
    if meant is not None and meant != str(os.getpid()):
        return 0.0
    try:
        return int(environment.get("WATCHDOG_USEC", "0")) / _MICROSECONDS
    except ValueError:
        return 0.0


class Watched(Protocol):
    """Something whose threads go round."""

    def stuck(self, seconds: float) -> Sequence[str]:
        """The names of those that have not finished a round for so long."""


class Watchdog:
    """Gives signs of life while nothing is stuck; says what is when it is.

    `complain` gets a line each time that something gets stuck or goes on again.
    """

    def __init__(
        self,
        notifier: Notifier,
        watched: Sequence[Watched],
        patience: float,
        complain: Callable[[str], None],
    ) -> None:
        self._notifier = notifier
        self._watched = watched
        self._patience = patience
        self._complain = complain
        self._told: tuple[str, ...] = ()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin, when the service manager waits for signs of life at all."""
        if self._notifier.watchdog_interval is not None:
            self._thread.start()

    def stop(self) -> None:
        """Give no more signs."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> bool:
        """Look once, and give a sign if all goes round; whether it does."""
        stuck = tuple(name for each in self._watched for name in each.stuck(self._patience))
        if not stuck:
            self._notifier.alive()
        if stuck != self._told:
            self._told = stuck
            text = f"stuck: {', '.join(stuck)}" if stuck else "working"
            self._notifier.status(text)
            self._complain(text)
        return not stuck

    def _run(self) -> None:
        interval = self._notifier.watchdog_interval or 0.0
        while not self._ended.wait(interval):
            self.look()
