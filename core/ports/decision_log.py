"""Port: the decisions that are kept."""

from collections.abc import Collection
from typing import Protocol

from core.domain.placement.decision import Decision
from core.ports.repository import Repository


class DecisionLog(Repository[Decision], Protocol):
    """Decisions by id, and their end."""

    def loose(self, before: float, limit: int) -> list[str]:
        """Ids of up to `limit` decisions made before this time (seconds since the epoch) to
        which no binding refers, the oldest first. May look at all decisions: for read units."""

    def discard(self, ids: Collection[str]) -> int:
        """Remove those of these decisions to which no binding refers; returns how many were
        removed."""
