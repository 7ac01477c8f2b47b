"""The decisions that are kept, in SQL."""

from collections.abc import Collection

from sqlalchemy import Integer, bindparam, delete, exists, select

from adapters.persistence.sql.bulk import Addition
from adapters.persistence.sql.records import DECISIONS
from adapters.persistence.sql.repository import SqlRepository
from adapters.persistence.sql.session import Session
from adapters.persistence.sql.tables import bindings, decisions
from core.domain.placement.decision import Decision
from core.ports.repository import Duplicate

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

_ADD = Addition(DECISIONS.mapping.columns)
_DISCARD = delete(decisions).where(decisions.c.id.in_(bindparam("ids", expanding=True)), ~_IS_BOUND)


class SqlDecisionLog(SqlRepository[Decision]):
    """A DecisionLog."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, DECISIONS)
        self._session = session

    def add(self, *items: Decision) -> None:
        if len(items) != 1 or self._session.dialect.name != "postgresql":
            super().add(*items)
        # A lone one goes without a savepoint, which would take longer than the rest.
        elif not _ADD.change(self._session, map(DECISIONS.mapping.values, items)):
            raise Duplicate(("id",))

    def loose(self, before: float, limit: int) -> list[str]:
        rows = self._session.rows(_LOOSE, {"before": before, "limit_": limit})
        return [row[0] for row in rows]

    def discard(self, ids: Collection[str]) -> int:
        return self._session.change(_DISCARD, {"ids": tuple(ids)}) if ids else 0
