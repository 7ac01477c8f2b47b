"""Repositories over SQL tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Generic, TypeVar

from adapters.persistence.sql.records import Record
from adapters.persistence.sql.round_trip import Order
from adapters.persistence.sql.selection import ask_for_rows, count_rows
from adapters.persistence.sql.session import Question, Session
from core.domain.query import Query

T = TypeVar("T")

Parts = Callable[[], Mapping[str, Sequence[Any]]]
AskForParts = Callable[[Session, Sequence[str]], Parts]
"""Asks for the parts of the objects with the given ids, which are in tables of their own."""


class SqlAlong(Generic[T]):
    """Implements Along for one table's objects; `ask_for_parts` completes those with parts. They
    are made once, however often they are asked for."""

    def __init__(
        self, session: Session, record: Record[T], ask_for_parts: AskForParts | None = None
    ) -> None:
        self._session = session
        self._record = record
        self._ask_for_parts = ask_for_parts

    def get(self, identity: str) -> Callable[[], T | None]:
        question = self._session.ask_rows(self._record.by_key, {"key_": identity})
        return self._one(identity, question)

    def find(self, query: Query) -> Callable[[], list[T]]:
        self._record.collection.check_keys(query)
        rows = ask_for_rows(self._session, self._record, query)
        # Of few that are named, the parts can be asked for before it is known which are there.
        parts = self._parts(query.filters.get(self._record.collection.key))
        return cache(lambda: self._load(rows(), parts))

    def hold(self, identity: str, *, shared: bool = False) -> Callable[[], T | None]:
        self._session.access.check_writable()
        order = self._record.holdings[shared].order(self._session.dialect, identity)
        return self._one(identity, self._session.ask(order))

    def _one(self, identity: str, question: Question) -> Callable[[], T | None]:
        parts = self._parts([identity])

        @cache
        def answer() -> T | None:
            rows = question.rows()
            return self._load(rows, parts)[0] if rows else None

        return answer

    def _parts(self, identities: Sequence[Any] | None) -> Parts | None:
        if self._ask_for_parts is None or identities is None:
            return None
        return self._ask_for_parts(self._session, identities)

    def _load(self, rows: Sequence[Any], parts: Parts | None) -> list[T]:
        load = self._record.mapping.load
        if self._ask_for_parts is None or not rows:
            return [load(row) for row in rows]
        key = self._record.mapping.columns.index(self._record.table.c[self._record.collection.key])
        if parts is None:
            parts = self._ask_for_parts(self._session, [row[key] for row in rows])
        known = parts()
        return [load(row, known[row[key]]) for row in rows]


class SqlRepository(Generic[T]):
    """A Repository of one table's objects; `ask_for_parts` completes those with parts."""

    def __init__(
        self, session: Session, record: Record[T], ask_for_parts: AskForParts | None = None
    ) -> None:
        self._session = session
        self._record = record
        self._ask_for_parts = ask_for_parts

    @property
    def along(self) -> SqlAlong[T]:
        return SqlAlong(self._session, self._record, self._ask_for_parts)

    def get(self, identity: str) -> T | None:
        return self.along.get(identity)()

    def hold(self, identity: str, *, shared: bool = False) -> T | None:
        return self.along.hold(identity, shared=shared)()

    def find(self, query: Query) -> list[T]:
        return self.along.find(query)()

    def count(self, filters: Mapping[str, tuple[Any, ...]]) -> int:
        for key in filters:
            self._record.collection.check_key(key)
        return count_rows(self._session, self._record, filters)

    def add(self, *items: T) -> None:
        self._record.collection.check_change(self._session.access)
        rows = [self._record.mapping.values(item) for item in items]
        at_once = self._session.dialect.name == "postgresql" and not self._session.gathers
        if len(rows) == 1 and at_once and not self._record.collection.references:
            order = self._record.addition.order(self._session.dialect, rows[0])
            if self._session.change_together([order]) == [1]:
                return
            # It clashes: the savepoint of `change_all` tells with what.
        self._session.change_all(self._record.insertion.orders(self._session.dialect, rows))

    def save(self, *items: T) -> None:
        self._record.collection.check_save(self._session.access, items, self.get)
        if self._session.gathers:
            self._session.change_all([replace(each, all_met=True) for each in self._savings(items)])
            return
        if len(items) == 1:
            self._save(items[0])
            return
        rows = [self._record.mapping.dump(item) for item in items]
        for row in rows:
            row["key_"] = row.pop(self._record.collection.key)
        self._session.change_each(self._record.replacement, rows, self._record.collection.name)

    def _save(self, item: T) -> None:
        orders = self._savings([item])
        if self._record.may_clash:
            met = self._session.change_all(orders)
        else:
            (met,) = self._session.change_together(orders)
        if not met:
            name = self._record.collection.name
            raise LookupError(f"no {name} {getattr(item, self._record.collection.key)}")

    def _savings(self, items: Sequence[T]) -> list[Order]:
        saving, dialect = self._record.saving, self._session.dialect
        return [saving.order(dialect, self._record.mapping.values(item)) for item in items]

    def remove(self, *identities: str) -> None:
        self._record.collection.check_change(self._session.access)
        rows = zip(identities, strict=True)
        self._session.change_all(self._record.removal.orders(self._session.dialect, rows))
