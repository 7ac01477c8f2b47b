"""What the use cases of the fleet have in common: who may do what, and how lists are asked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from core.domain.errors import Forbidden
from core.domain.query import Query
from core.usecases.caller import Caller
from core.usecases.resource import Unchanged

T = TypeVar("T")


def require_admin(caller: Caller) -> None:
    """Raise Forbidden unless the caller is an admin."""
    if not caller.is_admin:
        raise Forbidden("this needs the admin role")


def renamed(query: Query, names: Mapping[str, str]) -> Query:
    """The query with fields of a view replaced by those of the stored object."""
    return replace(
        query,
        filters={names.get(key, key): values for key, values in query.filters.items()},
        sort=tuple(replace(sort, key=names.get(sort.key, sort.key)) for sort in query.sort),
    )


def narrowed(query: Query, key: str, value: object) -> Query:
    """The query for objects that also have `value` in the field `key`."""
    wanted = query.filters.get(key, (value,))
    return replace(query, filters={**query.filters, key: (value,) if value in wanted else ()})


def changed(value: T | Unchanged, current: T) -> T:
    """The new value of a field that an update may leave out."""
    return current if isinstance(value, Unchanged) else value
