"""One way to ask for a list, the same for every store and every kind of object."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sort:
    """A key to sort by. None sorts before any value."""

    key: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A selection of objects.

    `filters`: field -> accepted values; all fields must match, any value will do.
    `sort`: the order, to which ``id`` is always added last, so that it is total.
    `marker`: the id after which the page starts in that order; with `reverse` the page
    holds the objects just before the marker (or the last ones), still in that order.
    """

    filters: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    sort: tuple[Sort, ...] = ()
    limit: int | None = None
    marker: str | None = None
    reverse: bool = False

    @property
    def order(self) -> tuple[Sort, ...]:
        """The sort keys with ``id`` as the last."""
        if any(sort.key == "id" for sort in self.sort):
            return self.sort
        return (*self.sort, Sort("id"))


class UnknownMarker(LookupError):
    """The marker names no object of the selection."""


def evaluate(items: Iterable[T], query: Query, get: Callable[[T, str], Any]) -> list[T]:
    """Answer `query` from objects in memory; `get` reads a field of an object."""
    found = [
        item
        for item in items
        if all(get(item, key) in accepted for key, accepted in query.filters.items())
    ]
    for sort in reversed(query.order):
        found.sort(key=lambda item: _sortable(get(item, sort.key)), reverse=sort.descending)
    return _page(found, query, get)


def _page(found: list[T], query: Query, get: Callable[[T, str], Any]) -> list[T]:
    start, end = 0, len(found)
    if query.marker is not None:
        at = next((n for n, item in enumerate(found) if get(item, "id") == query.marker), None)
        if at is None:
            raise UnknownMarker(query.marker)
        start, end = (start, at) if query.reverse else (at + 1, end)
    if query.limit is not None:
        if query.reverse:
            start = max(start, end - query.limit)
        else:
            end = min(end, start + query.limit)
    return found[start:end]


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)
