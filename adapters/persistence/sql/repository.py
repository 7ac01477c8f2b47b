"""Repositories over SQL tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from adapters.persistence.sql.records import Record
from adapters.persistence.sql.selection import count_rows, select_rows
from adapters.persistence.sql.session import Session
from core.domain.query import Query

T = TypeVar("T")

PartsLoader = Callable[[Session, Sequence[str]], Mapping[str, Sequence[Any]]]
"""Reads the parts of the objects with the given ids from their own tables."""


class SqlRepository(Generic[T]):
    """A Repository of one table's objects; `load_parts` completes those with parts."""

    def __init__(
        self, session: Session, record: Record[T], load_parts: PartsLoader | None = None
    ) -> None:
        self._session = session
        self._record = record
        self._load_parts = load_parts

    def get(self, identity: str) -> T | None:
        rows = self._session.rows(self._record.by_key, {"key_": identity})
        return self._loaded(rows)[0] if rows else None

    def find(self, query: Query) -> list[T]:
        self._record.collection.check_keys(query)
        return self._loaded(select_rows(self._session, self._record, query))

    def count(self, filters: Mapping[str, tuple[Any, ...]]) -> int:
        for key in filters:
            self._record.collection.check_key(key)
        return count_rows(self._session, self._record, filters)

    def add(self, *items: T) -> None:
        rows = map(self._record.mapping.values, items)
        self._session.change_all(self._record.insertion.orders(self._session.dialect, rows))

    def save(self, *items: T) -> None:
        rows = [self._record.mapping.dump(item) for item in items]
        for row in rows:
            row["key_"] = row.pop(self._record.collection.key)
        self._session.change_each(self._record.replacement, rows, self._record.collection.name)

    def remove(self, *identities: str) -> None:
        rows = zip(identities, strict=True)
        self._session.change_all(self._record.removal.orders(self._session.dialect, rows))

    def _loaded(self, rows: Sequence[Any]) -> list[T]:
        load = self._record.mapping.load
        if self._load_parts is None or not rows:
            return [load(row) for row in rows]
        key = self._record.mapping.columns.index(self._record.table.c[self._record.collection.key])
        parts = self._load_parts(self._session, [row[key] for row in rows])
        return [load(row, parts[row[key]]) for row in rows]
