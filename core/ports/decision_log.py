"""Port: the decisions that are kept."""

from collections.abc import Collection, Sequence
from typing import Protocol

from core.domain.placement.decision import Decision
from core.ports.repository import Repository


class DecisionLog(Repository[Decision], Protocol):
    """Decisions by id, and their end."""

    def record(self, decisions: Sequence[Decision]) -> None:
        """Add decisions that were just made. What `add` would raise may as well be raised by
        what is done next, or by the commit."""

    def loose(self, before: float, limit: int) -> list[str]:
        """Ids of up to `limit` decisions made before this time (seconds since the epoch) to
        which no binding refers, the oldest first. May look at all decisions: for read units."""

    def discard(self, ids: Collection[str]) -> int:
        """Remove those of these decisions to which no binding refers; returns how many were
        removed."""
