"""The constraints of a collection, kept by counting in tables of their own."""

from typing import Generic, TypeVar

from adapters.persistence.collection import Collection
from adapters.persistence.memory.tables import Tables
from adapters.persistence.misuse import BrokenReference
from core.ports.repository import Duplicate

T = TypeVar("T")


class Indexes(Generic[T]):
    """Who occupies each unique combination, and how many refer to each object."""

    def __init__(self, tables: Tables, collection: Collection[T]) -> None:
        self._tables = tables
        self._collection = collection

    def enter(self, identity: str, item: T) -> None:
        """Count `item` in. Raises Duplicate or BrokenReference, having changed nothing."""
        self._check(identity, item)
        for names in self._collection.unique:
            for values in self._collection.combinations(item, names):
                self._tables.changing(self._unique(names))[values] = identity
        self._count(item, 1)

    def leave(self, item: T) -> None:
        """Count `item` out."""
        for names in self._collection.unique:
            for values in self._collection.combinations(item, names):
                self._tables.changing(self._unique(names)).pop(values)
        self._count(item, -1)

    def replace(self, identity: str, old: T, new: T) -> None:
        """Count `new` in for `old`. Raises as `enter` does, having changed nothing."""
        self._check(identity, new)
        self.leave(old)
        self.enter(identity, new)

    def check_unused(self, identity: str) -> None:
        """Raise BrokenReference when something refers to the object."""
        if self._tables.rows(f"references to {self._collection.name}").get(identity):
            raise BrokenReference(f"{self._collection.name} {identity} is referred to")

    def _check(self, identity: str, item: T) -> None:
        for names in self._collection.unique:
            taken = self._tables.rows(self._unique(names))
            combinations = list(self._collection.combinations(item, names))
            if len(set(combinations)) < len(combinations) or any(
                taken.get(values, identity) != identity for values in combinations
            ):
                raise Duplicate(names)
        for name, target in self._collection.references.items():
            for (value,) in self._collection.combinations(item, (name,)):
                if value not in self._tables.rows(target):
                    raise BrokenReference(f"{name} {value} is not among the {target}")

    def _count(self, item: T, step: int) -> None:
        for name, target in self._collection.references.items():
            for (value,) in self._collection.combinations(item, (name,)):
                counts = self._tables.changing(f"references to {target}")
                counts[value] = counts.get(value, 0) + step

    def _unique(self, names: tuple[str, ...]) -> str:
        return f"{self._collection.name} by {', '.join(names)}"
