"""What every store must know of each collection of objects, said once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from functools import cached_property
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

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
    collection in which its value, unless None, must name an object.
    """

    name: str
    entity: type[T]
    key: str = "id"
    unique: tuple[tuple[str, ...], ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)

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
SERVICE_TYPES = Collection("service_types", ServiceType, unique=(("name",),))
DEVICES = Collection("devices", Device, unique=(("project_id", "name"), ("number",)))
UNNOTED = ("attempts", "due_at", "idle_since", "spawned_at", "status_reason")
"""What placement does not look at of a device: a change of these alone is not noted."""
DEVICE_POOLS = Collection("device_pools", DevicePool, unique=(("name",),))
BINDINGS = Collection("bindings", Binding, key="service_id", references={"device_id": "devices"})
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
NETWORKS = Collection("networks", Network)
SUBNETS = Collection("subnets", Subnet, references={"network_id": "networks"})
RESERVATIONS = Collection(
    "reservations",
    Reservation,
    unique=(("subnet_id", "address"), ("subnet_id", "owner")),
    references={"subnet_id": "subnets"},
)
AGENTS = Collection("agents", Agent)
