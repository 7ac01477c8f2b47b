"""What the conductor must look at, in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    bindparam,
    case,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.sql import Select

from adapters.persistence.access import Access
from adapters.persistence.sql.chunks import chunked
from adapters.persistence.sql.records import DEVICES, SERVICES, Record
from adapters.persistence.sql.session import Session
from core.domain.device import Device
from core.domain.lifecycle import Status
from core.domain.service import Cause, Service
from core.ports.due_work import DueCounts, DueTimes

_CANDIDATES = 4
"""Of how many times as many due services MariaDB picks those that nobody else holds."""


def _due(record: Record[Any], *first: Any) -> "Select[Any]":
    due_at = record.table.c.due_at
    return (
        select(*record.mapping.columns)
        .where(due_at <= bindparam("now", type_=due_at.type))
        .order_by(*first, due_at, record.key)
        .limit(bindparam("limit_", type_=Integer))
    )


def _first(table: Table) -> Any:
    # In the words of the index, so that SQLite uses it.
    return select(func.min(table.c.due_at)).where(table.c.due_at.is_not(None)).scalar_subquery()


_services = SERVICES.table
_HINT = "FORCE INDEX (PRIMARY)"
_DUE_SERVICES = _due(SERVICES, SERVICES.table.c.cause.is_not(None))
_FREE_SERVICES = _DUE_SERVICES.with_for_update(skip_locked=True)
_DUE_IDS = _DUE_SERVICES.with_only_columns(_services.c.id)
# By their ids alone: MariaDB locks every row that it reads, and an index would lead it to more.
_FREE_OF = (
    select(*SERVICES.mapping.columns)
    .where(
        _services.c.id.in_(bindparam("ids", expanding=True)),
        _services.c.due_at <= bindparam("now", type_=_services.c.due_at.type),
    )
    .with_hint(_services, _HINT, "mysql")
    .with_hint(_services, _HINT, "mariadb")
    .with_for_update(skip_locked=True)
)
_DUE_DEVICES = _due(DEVICES)
_NEXT = select(_first(SERVICES.table), _first(DEVICES.table))

# In the words of the index, so that it is used. A service is ACTIVE only as long as it runs
# what is wanted.
_UNSETTLED = _services.c.status != literal_column("'ACTIVE'")
# In words that no index fits: of the settled services, which are most, none has a time.
_ASLEEP = func.coalesce(_services.c.due_at, literal_column("1e18")) > bindparam("now")
_COUNTS = (
    select(
        _services.c.status,
        func.count(),
        func.sum(case((_services.c.due_at <= bindparam("now"), 1), else_=0)),
        func.min(_services.c.changed_at),
    )
    .where(_UNSETTLED)
    .group_by(_services.c.status)
)


class _Waking:
    """Makes services that fulfil a condition and sleep due. They are locked in the order of
    their ids, as everybody does who changes several."""

    def __init__(self, condition: "ColumnElement[bool]") -> None:
        sleeping = select(_services.c.id).where(condition, _ASLEEP).order_by(_services.c.id)
        self._sleeping = sleeping
        due = update(_services).values(due_at=bindparam("now"))
        self._at_once = due.where(condition, _ASLEEP)
        self._in_order = due.where(_services.c.id.in_(sleeping.with_for_update()))
        of_these = _services.c.id.in_(bindparam("ids", expanding=True))
        self._of_these = (
            due.where(of_these, condition, _ASLEEP)
            .with_hint(_HINT, dialect_name="mysql")
            .with_hint(_HINT, dialect_name="mariadb")
        )

    def wake(self, session: Session, values: dict[str, Any]) -> int:
        """Wake them; how many there were."""
        if session.dialect.name == "sqlite":
            return session.change(self._at_once, values)
        if session.dialect.name == "postgresql":
            return session.change(self._in_order, values, may_clash=False)
        ids = [row[0] for row in session.rows(self._sleeping, values)]
        return sum(
            session.change(self._of_these, {**values, "ids": chunk}) for chunk in chunked(ids)
        )


_WAKE = _Waking(_services.c.cause == bindparam("because"))
_WAKE_ALL = _Waking(_UNSETTLED)


class SqlDueWork:
    """DueWork."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def services(self, now: float, limit: int) -> list[Service]:
        holds = self._session.access is not Access.LOOK
        if holds and self._session.dialect.name in ("mysql", "mariadb"):
            return self._held_one_by_one(now, limit)
        # SQLite knows of no locks, nor does SQLAlchemy speak of them to it.
        statement = _FREE_SERVICES if holds else _DUE_SERVICES
        return _loaded(self._session.rows(statement, {"now": now, "limit_": limit}))

    def _held_one_by_one(self, now: float, limit: int) -> list[Service]:
        most = {"now": now, "limit_": limit * _CANDIDATES}
        ids = [row[0] for row in self._session.rows(_DUE_IDS, most)]
        found: list[Service] = []
        while ids and len(found) < limit:
            wanted = limit - len(found)
            chunk, ids = ids[:wanted], ids[wanted:]
            free = _loaded(self._session.rows(_FREE_OF, {"now": now, "ids": chunk}))
            found += sorted(free, key=lambda one: chunk.index(one.id))
        return found

    def devices(self, now: float, limit: int) -> list[Device]:
        rows = self._session.rows(_DUE_DEVICES, {"now": now, "limit_": limit})
        return [DEVICES.mapping.load(row) for row in rows]

    def next_times(self) -> DueTimes:
        return DueTimes(*self._session.rows(_NEXT)[0])

    def wake(self, cause: Cause, now: float) -> int:
        return _WAKE.wake(self._session, {"because": cause.value, "now": now})

    def wake_all(self, now: float) -> int:
        return _WAKE_ALL.wake(self._session, {"now": now})

    def counts(self, now: float) -> DueCounts:
        pending = failed = overdue = 0
        oldest: list[float] = []
        for status, number, due, first in self._session.rows(_COUNTS, {"now": now}):
            overdue += int(due)
            if status == Status.ERROR:
                failed += number
                continue
            pending += number
            oldest += [] if first is None else [first]
        return DueCounts(
            pending=pending, failed=failed, overdue=overdue, oldest=min(oldest, default=None)
        )


def _loaded(rows: Sequence[Any]) -> list[Service]:
    return [SERVICES.mapping.load(row) for row in rows]
