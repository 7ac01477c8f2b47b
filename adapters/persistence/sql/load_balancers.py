"""Load balancers, which own their listeners."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Dialect, bindparam, delete, insert, select

from adapters.persistence.collection import PART
from adapters.persistence.sql.among import Among
from adapters.persistence.sql.bulk import Insertion
from adapters.persistence.sql.chunks import rows_for_all
from adapters.persistence.sql.mapping import RowMapping
from adapters.persistence.sql.records import LOAD_BALANCERS
from adapters.persistence.sql.repository import Parts, SqlRepository
from adapters.persistence.sql.round_trip import Order
from adapters.persistence.sql.session import Session
from adapters.persistence.sql.tables import listeners
from core.domain.loadbalancer.model import Listener, LoadBalancer
from core.domain.query import Query
from core.ports.along import Along
from core.ports.repository import Duplicate

_MAPPING = RowMapping(Listener, listeners)
_SELECT = (
    select(*_MAPPING.columns)
    .where(Among(listeners.c.load_balancer_id, "ids"))
    .order_by(listeners.c.load_balancer_id, listeners.c.position)
)
_INSERT = insert(listeners)
_COLUMNS = list(listeners.c)
_INSERTION = Insertion(_COLUMNS)
_DELETE = delete(listeners).where(listeners.c.id == bindparam("id_"))


class SqlLoadBalancers:
    """A Repository of load balancers."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows = SqlRepository(session, LOAD_BALANCERS, _ask_for_listeners)

    @property
    def along(self) -> Along[LoadBalancer]:
        return self._rows.along

    def get(self, identity: str) -> LoadBalancer | None:
        return self._rows.get(identity)

    def hold(self, identity: str, *, shared: bool = False) -> LoadBalancer | None:
        return self._rows.hold(identity, shared=shared)

    def find(self, query: Query) -> list[LoadBalancer]:
        return self._rows.find(query)

    def count(self, filters: Mapping[str, tuple[Any, ...]]) -> int:
        return self._rows.count(filters)

    def add(self, *items: LoadBalancer) -> None:
        rows = [row for item in items for row in _listener_rows(item).values()]
        if self._session.dialect.name == "postgresql":
            self._session.change_all(_together(self._session.dialect, items, rows))
            return
        with self._session.atomic():
            self._rows.add(*items)
            self._insert(rows)

    def save(self, *items: LoadBalancer) -> None:
        if len(items) == 1:
            self._save(items[0])
            return
        with self._session.atomic():
            for item in items:
                self._save(item)

    def _save(self, item: LoadBalancer) -> None:
        before = self._rows.get(item.id)
        if before is None:
            raise LookupError(f"no load_balancers {item.id}")
        old, new = _listener_rows(before), _listener_rows(item)
        if old == new:
            self._rows.save(item)
            return
        with self._session.atomic():
            self._rows.save(item)
            # Changed rows go and come back, so that two may swap what must be unique.
            gone = [{"id_": key} for key, row in old.items() if new.get(key) != row]
            if gone:
                self._session.change(_DELETE, gone)
            self._insert(row for key, row in new.items() if old.get(key) != row)

    def remove(self, *identities: str) -> None:
        self._rows.remove(*identities)

    def _insert(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            self._session.change(_INSERT, row)


def _together(
    dialect: Dialect, items: Iterable[LoadBalancer], rows: Iterable[dict[str, Any]]
) -> list[Order]:
    """All that adding load balancers with these rows of listeners takes."""
    listed = ([row[column.name] for column in _COLUMNS] for row in rows)
    owners = map(LOAD_BALANCERS.mapping.values, items)
    return [
        *LOAD_BALANCERS.insertion.orders(dialect, owners),
        *_INSERTION.orders(dialect, listed),
    ]


def _listener_rows(item: LoadBalancer) -> dict[str, dict[str, Any]]:
    rows = {
        listener.id: {
            **_MAPPING.dump(listener),
            "load_balancer_id": item.id,
            "position": position,
        }
        for position, listener in enumerate(item.listeners)
    }
    if len(rows) < len(item.listeners):
        raise Duplicate((PART + "id",))
    return rows


def _ask_for_listeners(session: Session, ids: Sequence[str]) -> Parts:
    rows = rows_for_all(session, _SELECT, ids)

    def answer() -> dict[str, Sequence[Any]]:
        found: dict[str, list[Listener]] = defaultdict(list)
        for listener in map(_MAPPING.load, rows):
            found[listener.load_balancer_id].append(listener)
        return {identity: (tuple(found[identity]),) for identity in ids}

    return answer
