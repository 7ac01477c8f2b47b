"""Lists for clients: the store selects by what it stores, memory by what is worked out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, TypeVar

from core.domain.errors import InvalidInput
from core.domain.query import Query, Sort, UnknownMarker, evaluate
from core.ports.repository import Repository
from core.usecases.caller import Caller

Row = TypeVar("Row")
View = TypeVar("View")

Filters = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Listing(Generic[View]):
    """How to list views of one type.

    `stored` maps fields of the view to the stored keys that have the same values. The others
    are worked out, so a query that names one is answered from all views in memory. Stored
    keys with a dot select and do not sort.
    """

    view: type[View]
    stored: Mapping[str, str]

    def find(
        self,
        repository: Repository[Row],
        query: Query,
        views: Callable[[Sequence[Row]], list[View]],
        scopes: Sequence[Filters] = ({},),
    ) -> list[View]:
        """The views that match `query`, of objects that fall into at least one of `scopes`.

        `scopes` are filters in stored keys. Raises InvalidInput for an unknown field or marker.
        """
        self._check(query)
        pushed, rest = self._split(query.filters)
        try:
            if len(scopes) == 1 and not rest and all(self._sorts(each) for each in query.sort):
                filters = _both(pushed, scopes[0])
                if filters is None:
                    return []
                return views(repository.find(self._translated(query, filters)))
            rows = _union(repository, (_both(pushed, scope) for scope in scopes))
            return evaluate(views(rows), replace(query, filters=rest), getattr)
        except UnknownMarker:
            raise InvalidInput("marker", f"{query.marker} is not in this list") from None

    def _check(self, query: Query) -> None:
        known = {field.name for field in fields(self.view)}  # type: ignore[arg-type]
        for name in (*query.filters, *(sort.key for sort in query.sort)):
            if name not in known:
                raise InvalidInput(name, "there is no such attribute")

    def _split(self, filters: Filters) -> tuple[dict[str, tuple[Any, ...]], Filters]:
        pushed: dict[str, tuple[Any, ...]] = {}
        rest: dict[str, tuple[Any, ...]] = {}
        for name, accepted in filters.items():
            key = self.stored.get(name)
            if key is None or key in pushed:
                rest[name] = accepted
            else:
                pushed[key] = accepted
        return pushed, rest

    def _sorts(self, sort: Sort) -> bool:
        return "." not in self.stored.get(sort.key, ".")

    def _translated(self, query: Query, filters: Filters) -> Query:
        sort = tuple(replace(each, key=self.stored[each.key]) for each in query.sort)
        return replace(query, filters=filters, sort=sort)


def own_scope(caller: Caller) -> Sequence[Filters]:
    """All objects for an admin, those of the caller's project for others."""
    return ({} if caller.is_admin else {"project_id": (caller.project_id,)},)


def _both(one: Filters, other: Filters) -> Filters | None:
    """Filters that ask for both; None when nothing can match."""
    result = dict(one)
    for key, accepted in other.items():
        if key in result:
            accepted = tuple(value for value in accepted if value in result[key])  # noqa: PLW2901
        result[key] = accepted
    return None if any(not accepted for accepted in result.values()) else result


def _union(repository: Repository[Row], selections: Iterable[Filters | None]) -> list[Row]:
    rows: dict[Any, Row] = {}
    for filters in selections:
        if filters is not None:
            for row in repository.find(Query(filters=filters)):
                rows[row.id] = row  # type: ignore[attr-defined]
    return list(rows.values())
