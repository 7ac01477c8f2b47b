"""Port: a stored collection of one type of object."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

from core.domain.query import Query
from core.ports.along import Along

T = TypeVar("T")


class Duplicate(Exception):
    """A unique combination of fields is taken already. `fields` names them, sorted."""

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(", ".join(sorted(fields)))
        self.fields = tuple(sorted(fields))


class Repository(Protocol[T]):
    """Objects by id, inside one unit of work.

    Objects are immutable values: what `get` returned does not follow later changes. What
    was added, saved or removed is seen by the same unit of work at once, and by others
    after the commit.
    """

    @property
    def along(self) -> Along[T]:
        """Questions that need not be answered at once."""

    def get(self, identity: str) -> T | None:
        """The object with this id, or None."""

    def hold(self, identity: str, *, shared: bool = False) -> T | None:
        """The object as it is now; until the end of this unit of work nobody else changes or
        removes it, nor holds it unless both do so `shared`. Waits for whoever holds it. None
        when it is not there. In write units only."""

    def find(self, query: Query) -> list[T]:
        """Answer a query, whose keys are names of the object's fields (see Query).

        Raises UnknownMarker when the marker names no stored object.
        """

    def count(self, filters: Mapping[str, tuple[Any, ...]]) -> int:
        """How many objects match the filters."""

    def add(self, *items: T) -> None:
        """Store new objects, all or none. Raises Duplicate for a taken id or unique
        combination."""

    def save(self, *items: T) -> None:
        """Replace the stored objects that have the same ids, all or none. Raises Duplicate as
        `add` does, and LookupError when there is no such object."""

    def remove(self, *identities: str) -> None:
        """Remove objects; nothing happens for one that is not there."""
