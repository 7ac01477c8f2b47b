"""The decisions that are kept, in memory."""

from collections.abc import Collection, Sequence
from itertools import islice

from adapters.persistence.collection import BINDINGS, DECISIONS
from adapters.persistence.memory.repository import MemoryRepository
from adapters.persistence.memory.tables import Tables
from core.domain.placement.decision import Decision
from core.domain.query import Query, Sort


class MemoryDecisionLog(MemoryRepository[Decision]):
    """A DecisionLog."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, DECISIONS)
        self._tables = tables

    def record(self, decisions: Sequence[Decision]) -> None:
        self.add(*decisions)

    def loose(self, before: float, limit: int) -> list[str]:
        kept = self._bound()
        oldest = self.find(Query(sort=(Sort("decided_at"),)))
        loose = (one.id for one in oldest if one.decided_at < before and one.id not in kept)
        return list(islice(loose, limit))

    def discard(self, ids: Collection[str]) -> int:
        kept = self._bound()
        gone = [one for one in ids if one not in kept and self.get(one) is not None]
        self.remove(*gone)
        return len(gone)

    def _bound(self) -> set[str]:
        return {binding.decision_id for binding in self._tables.rows(BINDINGS.name).values()}
