"""Port: messages that could not be dealt with, put aside for an operator to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class BusFailure(Exception):
    """The bus is away; trying again later may help. The text is for the operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that was given up. It tells nothing of what the message carries but ids: there
    may be secrets in it.

    `queue` is where it was waiting; `kind` is the type of message, empty when it cannot be
    read; `died_at` is in seconds since the epoch, UTC.
    """

    id: str
    queue: str
    kind: str
    device_id: str | None
    service_ids: tuple[str, ...]
    reason: str
    deliveries: int
    died_at: float | None
    size: int


class DeadLetters(Protocol):
    """What no repetition helped with. Every method may raise BusFailure."""

    def find(self, limit: int) -> Sequence[DeadLetter]:
        """The oldest ones."""

    def replay(self, identity: str) -> bool:
        """Deliver one again to the queue it came from; False when there is none of this id."""

    def drop(self, identity: str) -> bool:
        """Forget one; False when there is none of this id."""
