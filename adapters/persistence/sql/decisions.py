"""The decisions that are kept, in SQL."""

from collections.abc import Collection, Sequence

from sqlalchemy import Integer, bindparam, delete, exists, select

from adapters.persistence.sql.records import DECISIONS
from adapters.persistence.sql.repository import SqlRepository
from adapters.persistence.sql.session import Session
from adapters.persistence.sql.tables import bindings, decisions
from core.domain.placement.decision import Decision

# A binding refers to a decision about its own service.
_IS_BOUND = exists().where(
    bindings.c.service_id == decisions.c.service_id, bindings.c.decision_id == decisions.c.id
)
_LOOSE = (
    select(decisions.c.id)
    .where(decisions.c.decided_at < bindparam("before"), ~_IS_BOUND)
    .order_by(decisions.c.decided_at, decisions.c.id)
    .limit(bindparam("limit_", type_=Integer))
)

_DISCARD = delete(decisions).where(decisions.c.id.in_(bindparam("ids", expanding=True)), ~_IS_BOUND)


class SqlDecisionLog(SqlRepository[Decision]):
    """A DecisionLog."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, DECISIONS)
        self._session = session

    def record(self, decisions: Sequence[Decision]) -> None:
        rows = map(DECISIONS.mapping.values, decisions)
        self._session.defer(DECISIONS.insertion.orders(self._session.dialect, rows))
        self._session.send(len(decisions))

    def loose(self, before: float, limit: int) -> list[str]:
        rows = self._session.rows(_LOOSE, {"before": before, "limit_": limit})
        return [row[0] for row in rows]

    def discard(self, ids: Collection[str]) -> int:
        return self._session.change(_DISCARD, {"ids": tuple(ids)}) if ids else 0
