"""Port: a hint to the conductor."""

from typing import Protocol


class Doorbell(Protocol):
    """Tells the conductor that work may be due. A lost ring does no harm: it also looks by
    itself."""

    def ring(self) -> None:
        """Work may be due."""

    def wait(self, timeout: float) -> bool:
        """Wait for a ring since the last wait, at most `timeout` seconds; True if it rang."""
