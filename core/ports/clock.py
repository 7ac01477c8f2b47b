"""Ports: time, identity and the doorbell, so that the core has none of its own."""

from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Seconds since the epoch, UTC. May jump when the machine's clock is set."""

    def monotonic(self) -> float:
        """Seconds since some point of no meaning; never jumps. For pauses and durations."""


class IdSource(Protocol):
    """Makes identities."""

    def new_id(self) -> str:
        """A UUID in its canonical text form, never given before."""


class Doorbell(Protocol):
    """Tells the conductor that work may be due. A lost ring does no harm: it also looks by
    itself."""

    def ring(self) -> None:
        """Work may be due."""

    def wait(self, timeout: float) -> bool:
        """Wait for a ring since the last wait, at most `timeout` seconds; True if it rang."""
