"""Each collection's table, mapping and prepared statements."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Update,
    bindparam,
    select,
    update,
)

from adapters.persistence import collection
from adapters.persistence.collection import PART, Collection
from adapters.persistence.sql import tables
from adapters.persistence.sql.bulk import Addition, Holding, Insertion, Removal, Saving
from adapters.persistence.sql.mapping import RowMapping

T = TypeVar("T")

FIRST_LISTENER = tables.listeners.alias("first_listener")
"""The listener by which load balancers are sorted."""


@dataclass(frozen=True, eq=False)
class Record(Generic[T]):
    """How the objects of a collection are stored; `parts` are fields kept in other tables."""

    collection: Collection[T]
    table: Table
    parts: tuple[str, ...] = ()

    @cached_property
    def mapping(self) -> RowMapping[T]:
        return RowMapping(self.collection.entity, self.table, self.parts)

    @cached_property
    def key(self) -> "ColumnElement[Any]":
        """The column that identifies an object."""
        return self.table.c[self.collection.key]

    def column(self, name: str) -> "ColumnElement[Any]":
        """The column of a key that queries may name."""
        if name.startswith(PART):
            return FIRST_LISTENER.c[name.removeprefix(PART)]
        return self.key if name == "id" else self.table.c[name]

    @cached_property
    def by_key(self) -> "Select[Any]":
        return select(*self.mapping.columns).where(self.key == bindparam("key_"))

    @cached_property
    def insertion(self) -> Insertion:
        return Insertion(self.mapping.columns)

    @cached_property
    def saving(self) -> Saving:
        return Saving(self.mapping.columns, self.collection.key)

    @cached_property
    def holdings(self) -> dict[bool, Holding]:
        """By whether the lock is shared."""
        return {
            shared: Holding(self.mapping.columns, self.collection.key, shared)
            for shared in (False, True)
        }

    @property
    def may_clash(self) -> bool:
        """Whether a change of a stored object can be refused."""
        return bool(self.collection.unique or self.collection.references)

    @cached_property
    def addition(self) -> Addition:
        return Addition(self.mapping.columns)

    @cached_property
    def removal(self) -> Removal:
        return Removal(self.table, [self.collection.key])

    @cached_property
    def replacement(self) -> Update:
        values: dict[str, Any] = {
            column.name: bindparam(column.name)
            for column in self.mapping.columns
            if column is not self.key
        }
        return update(self.table).where(self.key == bindparam("key_")).values(values)


SERVICES = Record(collection.SERVICES, tables.services)
SERVICE_TYPES = Record(collection.SERVICE_TYPES, tables.service_types)
DEVICES = Record(collection.DEVICES, tables.devices)
DEVICE_POOLS = Record(collection.DEVICE_POOLS, tables.device_pools)
BINDINGS = Record(collection.BINDINGS, tables.bindings)
DECISIONS = Record(collection.DECISIONS, tables.decisions)
LOAD_BALANCERS = Record(collection.LOAD_BALANCERS, tables.load_balancers, ("listeners",))
POOLS = Record(collection.POOLS, tables.pools)
MEMBERS = Record(collection.MEMBERS, tables.members)
HEALTH_MONITORS = Record(collection.HEALTH_MONITORS, tables.health_monitors)
POOL_MONITORS = Record(collection.POOL_MONITORS, tables.pool_monitors)
NETWORKS = Record(collection.NETWORKS, tables.networks)
SUBNETS = Record(collection.SUBNETS, tables.subnets)
RESERVATIONS = Record(collection.RESERVATIONS, tables.reservations)
AGENTS = Record(collection.AGENTS, tables.agents)
