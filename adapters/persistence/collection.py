"""What every store must know of each collection of objects, said once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from functools import cached_property
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from adapters.persistence.access import Access
from adapters.persistence.misuse import UnknownKey
from core.domain.agent import Agent
from core.domain.binding import Binding
from core.domain.device import Device
from core.domain.device_pool import DevicePool
from core.domain.loadbalancer.model import (
    HealthMonitor,
    Listener,
    LoadBalancer,
    Member,
    Pool,
    PoolMonitor,
)
from core.domain.network import Network, Reservation, Subnet
from core.domain.placement.decision import Decision
from core.domain.query import Query
from core.domain.service import Service
from core.domain.service_type import ServiceType

T = TypeVar("T")

PART = "listener."
"""The prefix of keys that speak of a load balancer's listeners."""


@dataclass(frozen=True, eq=False)
class Collection(Generic[T]):
    """A named collection of `entity` objects.

    `key` is the field that identifies an object. `unique` lists the combinations of fields
    that no two objects may share, None excepted. `references` maps a field to the
    collection in which its value, unless None, must name an object. What is of the `fleet`
    is changed by fleet units only, but for the fields that are `loose`.
    """

    name: str
    entity: type[T]
    key: str = "id"
    unique: tuple[tuple[str, ...], ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    fleet: bool = False
    loose: tuple[str, ...] = ()

    @cached_property
    def searchable(self) -> frozenset[str]:
        """The keys that queries may name."""
        keys = {"id", *_scalar_fields(self.entity)}
        if self.entity is LoadBalancer:
            keys.update(PART + name for name in _scalar_fields(Listener))
        return frozenset(keys)

    def check_keys(self, query: Query) -> None:
        """Raise UnknownKey for a key that is not searchable."""
        for name in (*query.filters, *(sort.key for sort in query.sort)):
            self.check_key(name)

    def check_key(self, name: str) -> None:
        """Raise UnknownKey unless `name` is searchable."""
        if name not in self.searchable:
            raise UnknownKey(f"{self.name} have no searchable key {name!r}")

    def combinations(self, item: T, names: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        """The values that `item` occupies of the combination `names`; those with None do not
        count."""
        parts: tuple[Any, ...] = (item,)
        if names[0].startswith(PART):
            parts = getattr(item, "listeners", ())
        for part in parts:
            values = tuple(getattr(part, name.removeprefix(PART)) for name in names)
            if None not in values:
                yield values

    def check_change(self, access: Access) -> None:
        """Raise ReadOnly or FleetChange when objects cannot be changed."""
        if self.fleet:
            access.check_fleet()
        else:
            access.check_writable()

    def check_save(
        self, access: Access, items: Iterable[T], stored: Callable[[str], T | None]
    ) -> None:
        """Raise ReadOnly or FleetChange when these objects cannot be saved."""
        loose = bool(self.loose) and access is Access.CHANGE
        if not (
            loose and all(self._is_loose(stored(getattr(one, self.key)), one) for one in items)
        ):
            self.check_change(access)

    def _is_loose(self, before: T | None, after: T) -> bool:
        """Whether two objects differ in nothing but what is loose."""
        if before is None:
            return False
        changes = {name: getattr(after, name) for name in self.loose}
        return bool(replace(before, **changes) == after)  # type: ignore[type-var]  # a dataclass


def _scalar_fields(entity: type[Any]) -> Iterator[str]:
    hints = get_type_hints(entity)
    return (spec.name for spec in fields(entity) if is_scalar(hints[spec.name]))


def alternatives(hint: Any) -> tuple[Any, ...]:
    """The members of a union, or the type alone."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def is_scalar(hint: Any) -> bool:
    """Whether values of this type, or None, can be compared and sorted."""
    options = [option for option in alternatives(hint) if option is not NoneType]
    return all(
        isinstance(option, type) and issubclass(option, str | int | float | Enum)
        for option in options
    )


SERVICES = Collection("services", Service)
SERVICE_TYPES = Collection("service_types", ServiceType, unique=(("name",),), fleet=True)
DEVICES = Collection("devices", Device, unique=(("project_id", "name"), ("number",)), fleet=True)
UNNOTED = (
    "agent_group",
    "agent_id",
    "attempts",
    "due_at",
    "idle_since",
    "probed_epoch",
    "releasing",
    "spawned_at",
    "status_reason",
)
"""What placement does not look at of a device: a change of these alone is not noted."""
DEVICE_POOLS = Collection("device_pools", DevicePool, unique=(("name",),), fleet=True)
BINDINGS = Collection(
    "bindings", Binding, key="service_id", references={"device_id": "devices"}, fleet=True
)
DECISIONS = Collection("decisions", Decision)
LOAD_BALANCERS = Collection(
    "load_balancers",
    LoadBalancer,
    unique=((PART + "id",), (PART + "default_pool_id",)),
    references={PART + "default_pool_id": "pools"},
)
POOLS = Collection("pools", Pool)
MEMBERS = Collection(
    "members",
    Member,
    unique=(("pool_id", "address", "protocol_port"),),
    references={"pool_id": "pools"},
)
HEALTH_MONITORS = Collection("health_monitors", HealthMonitor)
POOL_MONITORS = Collection(
    "pool_monitors",
    PoolMonitor,
    unique=(("pool_id", "monitor_id"),),
    references={"pool_id": "pools", "monitor_id": "health_monitors"},
)
NETWORKS = Collection("networks", Network, unique=(("segmentation_id",),), fleet=True)
SUBNETS = Collection(
    "subnets", Subnet, references={"network_id": "networks"}, fleet=True, loose=("cursor",)
)
RESERVATIONS = Collection(
    "reservations",
    Reservation,
    unique=(("subnet_id", "address"), ("subnet_id", "owner")),
    references={"subnet_id": "subnets"},
)
AGENTS = Collection("agents", Agent)
