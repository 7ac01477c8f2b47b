"""The time, and time that stands still until it is told."""

import threading
import time


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that is set by hand."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._now = now
        self._guard = threading.Lock()

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def set(self, now: float) -> None:
        """It is `now`, seconds since the epoch."""
        self._now = now

    def advance(self, seconds: float) -> float:
        """Let time pass; returns the new time."""
        with self._guard:
            self._now += seconds
            return self._now
