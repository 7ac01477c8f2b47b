"""Repositories over tables in memory."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, Generic, TypeVar

from adapters.persistence.collection import PART, Collection
from adapters.persistence.memory.indexes import Indexes
from adapters.persistence.memory.tables import Tables
from core.domain.query import Query, evaluate
from core.ports.repository import Duplicate

T = TypeVar("T")


class AtOnce(Generic[T]):
    """Implements Along where there is no way to go."""

    def __init__(self, repository: "MemoryRepository[T]") -> None:
        self._repository = repository

    def get(self, identity: str) -> Callable[[], T | None]:
        found = self._repository.get(identity)
        return lambda: found

    def find(self, query: Query) -> Callable[[], list[T]]:
        found = self._repository.find(query)
        return lambda: found

    def hold(self, identity: str, *, shared: bool = False) -> Callable[[], T | None]:
        found = self._repository.hold(identity, shared=shared)
        return lambda: found


class MemoryRepository(Generic[T]):
    """A Repository; `find` looks at every object unless ``id`` is among the filters."""

    def __init__(self, tables: Tables, collection: Collection[T]) -> None:
        self._tables = tables
        self._collection = collection
        self._indexes = Indexes(tables, collection)

    @property
    def along(self) -> "AtOnce[T]":
        return AtOnce(self)

    def get(self, identity: str) -> T | None:
        return self._tables.rows(self._collection.name).get(identity)

    def hold(self, identity: str, *, shared: bool = False) -> T | None:  # noqa: ARG002  # see below
        # Write units go one at a time: whoever is in one holds everything.
        self._tables.access.check_writable()
        return self.get(identity)

    def find(self, query: Query) -> list[T]:
        self._collection.check_keys(query)
        filters = dict(query.filters)
        items = self._candidates(filters)
        parts = {key: filters.pop(key) for key in query.filters if key.startswith(PART)}
        if parts:
            items = [item for item in items if _has_part(item, parts)]
        return evaluate(items, replace(query, filters=filters), self._read)

    def count(self, filters: Mapping[str, tuple[Any, ...]]) -> int:
        if not filters:
            return len(self._tables.rows(self._collection.name))
        return len(self.find(Query(filters=filters)))

    def add(self, *items: T) -> None:
        self._collection.check_change(self._tables.access)
        with self._all_or_none(items):
            for item in items:
                self._add(item)

    def save(self, *items: T) -> None:
        self._collection.check_save(self._tables.access, items, self.get)
        with self._all_or_none(items):
            for item in items:
                self._save(item)

    def remove(self, *identities: str) -> None:
        self._collection.check_change(self._tables.access)
        for identity in identities:
            self._remove(identity)

    def _add(self, item: T) -> None:
        identity = getattr(item, self._collection.key)
        if identity in self._tables.rows(self._collection.name):
            raise Duplicate((self._collection.key,))
        self._indexes.enter(identity, item)
        self._tables.changing(self._collection.name)[identity] = item

    def _save(self, item: T) -> None:
        identity = getattr(item, self._collection.key)
        old = self.get(identity)
        if old is None:
            raise LookupError(f"no {self._collection.name} {identity}")
        self._indexes.replace(identity, old, item)
        self._tables.changing(self._collection.name)[identity] = item

    def _remove(self, identity: str) -> None:
        rows = self._tables.changing(self._collection.name)
        item = rows.get(identity)
        if item is None:
            return
        self._indexes.check_unused(identity)
        self._indexes.leave(item)
        del rows[identity]

    def _all_or_none(self, items: Sequence[T]) -> AbstractContextManager[None]:
        # One alone changes nothing when it fails, and the tables need no copies.
        return self._tables.atomic() if len(items) > 1 else nullcontext()

    def _candidates(self, filters: Mapping[str, tuple[Any, ...]]) -> Iterable[T]:
        rows = self._tables.rows(self._collection.name)
        wanted = filters.get("id", filters.get(self._collection.key))
        if wanted is None:
            return rows.values()
        return [rows[identity] for identity in dict.fromkeys(wanted) if identity in rows]

    def _read(self, item: T, key: str) -> Any:
        if key == "id":
            return getattr(item, self._collection.key)
        if key.startswith(PART):
            listeners = getattr(item, "listeners", ())
            return getattr(listeners[0], key.removeprefix(PART)) if listeners else None
        return getattr(item, key)


def _has_part(item: Any, filters: Mapping[str, tuple[Any, ...]]) -> bool:
    return any(
        all(getattr(part, key.removeprefix(PART)) in wanted for key, wanted in filters.items())
        for part in item.listeners
    )
