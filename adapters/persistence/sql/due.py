"""What the conductor must look at, in SQL."""

from typing import Any

from sqlalchemy import Integer, Table, bindparam, func, or_, select, update
from sqlalchemy.sql import Select

from adapters.persistence.sql.records import DEVICES, SERVICES, Record
from adapters.persistence.sql.session import Session
from core.domain.device import Device
from core.domain.service import Cause, Service


def _due(record: Record[Any], *first: Any) -> "Select[Any]":
    due_at = record.table.c.due_at
    return (
        select(*record.mapping.columns)
        .where(due_at <= bindparam("now", type_=due_at.type))
        .order_by(*first, due_at, record.key)
        .limit(bindparam("limit_", type_=Integer))
    )


def _first(table: Table) -> Any:
    return select(func.min(table.c.due_at)).scalar_subquery()


_services = SERVICES.table
_DUE_SERVICES = _due(SERVICES, SERVICES.table.c.cause.is_not(None))
_DUE_DEVICES = _due(DEVICES)
_NEXT = select(_first(SERVICES.table), _first(DEVICES.table))
_WAKE = (
    update(_services)
    .where(
        _services.c.cause == bindparam("because"),
        or_(_services.c.due_at.is_(None), _services.c.due_at > bindparam("now")),
    )
    .values(due_at=bindparam("now"))
)


class SqlDueWork:
    """DueWork."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def services(self, now: float, limit: int) -> list[Service]:
        rows = self._session.rows(_DUE_SERVICES, {"now": now, "limit_": limit})
        return [SERVICES.mapping.load(row) for row in rows]

    def devices(self, now: float, limit: int) -> list[Device]:
        rows = self._session.rows(_DUE_DEVICES, {"now": now, "limit_": limit})
        return [DEVICES.mapping.load(row) for row in rows]

    def next_at(self) -> float | None:
        return min((at for at in self._session.rows(_NEXT)[0] if at is not None), default=None)

    def wake(self, cause: Cause, now: float) -> int:
        return self._session.change(_WAKE, {"because": cause.value, "now": now})
