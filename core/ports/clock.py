"""Port: time, so that the core has no clock of its own."""

from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Seconds since the epoch, UTC. May jump when the machine's clock is set."""

    def monotonic(self) -> float:
        """Seconds since some point of no meaning; never jumps. For pauses and durations."""
