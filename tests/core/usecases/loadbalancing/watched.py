"""A store whose write units check what they are told: what is changed is held, in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace

from adapters.persistence.memory import MemoryStore
from core.ports.unit_of_work import UnitOfWork

RANKS = {
    "load_balancers": 0,
    "pools": 1,
    "members": 2,
    "health_monitors": 2,
    "service_types": 2,
    "subnets": 2,
    "services": 3,
}
"""The order in which rows are held. Pools' monitors are not: they change with their pool."""
CHANGED = ("load_balancers", "pools", "members", "health_monitors", "services")


class Watched:
    """A repository that notes what is held and refuses to change anything else."""

    def __init__(self, name: str, inner, held: list[tuple[int, str, str]]) -> None:
        self._name = name
        self._inner = inner
        self._held = held

    def __getattr__(self, name: str):
        return getattr(self._inner, name)

    @property
    def along(self):
        return SimpleNamespace(
            get=self._inner.along.get,
            find=self._inner.along.find,
            hold=lambda identity, shared=False: self._asked(
                self._inner.along.hold, identity, shared
            ),
        )

    def hold(self, identity: str, *, shared: bool = False):
        return self._asked(self._inner.hold, identity, shared)

    def _asked(self, hold, identity: str, shared: bool):
        step = (RANKS[self._name], self._name, identity)
        if self._held and step not in self._held:
            rank, kind, last = self._held[-1]
            assert step[0] >= rank, f"{step} is held after {self._held}"
            assert kind != self._name or identity > last, f"{step} is held after {self._held}"
        if step not in self._held:
            self._held.append(step)
        return hold(identity, shared=shared)

    def add(self, *items) -> None:
        self._inner.add(*items)
        self._own.update(item.id for item in items)

    def save(self, *items) -> None:
        self._check([item.id for item in items])
        self._inner.save(*items)

    def remove(self, *identities: str) -> None:
        self._check(identities)
        self._inner.remove(*identities)

    @property
    def _own(self) -> set[str]:
        return self.__dict__.setdefault("_added", set())

    def _check(self, identities) -> None:
        held = {identity for _, name, identity in self._held if name == self._name}
        for identity in identities:
            if self._inner.get(identity) is not None:
                assert identity in held | self._own, f"{self._name} {identity} is not held"


@dataclass
class WatchedStore:
    """A MemoryStore that is watched while `strict`. `fleet` counts the units of the fleet."""

    inner: MemoryStore = field(default_factory=MemoryStore)
    strict: bool = False
    fleet: int = 0

    def read(self) -> UnitOfWork:
        return self.inner.read()

    def write(self, *, fleet: bool = True):
        if not self.strict:
            return self.inner.write(fleet=fleet)
        self.fleet += fleet
        return self._watched(self.inner.write(fleet=fleet))

    @contextmanager
    def _watched(self, unit) -> Iterator[UnitOfWork]:
        held: list[tuple[int, str, str]] = []
        with unit as work:
            plain = {name: getattr(work, name) for name in RANKS}
            for name, repository in plain.items():
                setattr(work, name, Watched(name, repository, held))
            yield work
