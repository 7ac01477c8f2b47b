"""Finding objects on behalf of a caller."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Protocol, TypeVar

from core.domain.errors import NotFound
from core.domain.query import Query
from core.ports.repository import Repository
from core.usecases.caller import Caller


class Owned(Protocol):
    """An object of one project."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def project_id(self) -> str:
        """The project it belongs to."""


T = TypeVar("T")
OwnedT = TypeVar("OwnedT", bound=Owned)

CHUNK = 1000
"""How many values one query may name: within the bounds of every database."""


def owned(repository: Repository[OwnedT], caller: Caller, kind: str, identity: str) -> OwnedT:
    """The object with this id. Raises NotFound, also when it is not the caller's to see."""
    found = repository.get(identity)
    if found is None or not caller.may_see(found.project_id):
        raise NotFound(kind, identity)
    return found


def held(repository: Repository[OwnedT], caller: Caller, kind: str, identity: str) -> OwnedT:
    """As `owned`, and nobody else changes the object until the unit of work ends."""
    found = repository.hold(identity)
    if found is None or not caller.may_see(found.project_id):
        raise NotFound(kind, identity)
    return found


def hold_all(
    repository: Repository[T], identities: Iterable[str], *, shared: bool = False
) -> dict[str, T]:
    """Hold objects in the order that keeps units of work from waiting for each other in a
    circle; those that are there, by id."""
    return hold_all_along(repository, identities, shared=shared)()


def hold_all_along(
    repository: Repository[T], identities: Iterable[str], *, shared: bool = False
) -> Callable[[], dict[str, T]]:
    """As `hold_all`, asked for as in Repository.along."""
    asked = {each: repository.along.hold(each, shared=shared) for each in sorted(set(identities))}

    def answer() -> dict[str, T]:
        found = ((identity, ask()) for identity, ask in asked.items())
        return {identity: item for identity, item in found if item is not None}

    return answer


def related(repository: Repository[T], key: str, values: Collection[str]) -> list[T]:
    """All objects whose `key` is one of `values`, in as few queries as can be, by id in each."""
    return related_along(repository, key, values)()


def related_along(
    repository: Repository[T], key: str, values: Collection[str]
) -> Callable[[], list[T]]:
    """As `related`, asked for as in Repository.along."""
    wanted: list[Any] = list(dict.fromkeys(values))
    asked = [
        repository.along.find(Query(filters={key: tuple(wanted[start : start + CHUNK])}))
        for start in range(0, len(wanted), CHUNK)
    ]
    return lambda: [item for ask in asked for item in ask()]
