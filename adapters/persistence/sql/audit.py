"""The books of devices beside what the bindings come to, in SQL."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, Integer, Select, bindparam, delete, exists, func, insert, select

from adapters.persistence.books import cidrs_by_network
from adapters.persistence.sql.among import Among
from adapters.persistence.sql.chunks import rows_for_all
from adapters.persistence.sql.feed import SqlFleetFeed
from adapters.persistence.sql.mapping import RowMapping, json_codec
from adapters.persistence.sql.session import Session
from adapters.persistence.sql.tables import (
    bindings,
    decisions,
    device_counters,
    device_networks,
    device_pools,
    devices,
    reservations,
    services,
)
from core.domain.binding import DeviceNetwork, NetworkNeed
from core.domain.consistency import ClaimTotals, DeviceBooks, Fault

_NETWORKS = RowMapping(DeviceNetwork, device_networks)
_decode_claims = json_codec(dict[str, int])[0]
_decode_needs = json_codec(tuple[NetworkNeed, ...])[0]

_COUNTERS = select(
    *(device_counters.c[name] for name in ("device_id", "resource", "used", "ceiling"))
).where(Among(device_counters.c.device_id, "ids"))
_NETWORKS_ON = select(*_NETWORKS.columns).where(Among(device_networks.c.device_id, "ids"))
_FORGET = tuple(
    delete(table).where(table.c.device_id == bindparam("device"))
    for table in (device_counters, device_networks)
)
_ON_THESE = Among(bindings.c.device_id, "ids")


def _alike(column: "Column[Any]") -> "Select[Any]":
    """Many bindings say the same, so that fewer documents come back."""
    counted = select(bindings.c.device_id, column, func.count())
    return counted.where(_ON_THESE).group_by(bindings.c.device_id, column)


_CLAIMS = _alike(bindings.c.claims)
_NEEDS = _alike(bindings.c.networks)


def _without_device(table: Any) -> "Select[Any]":
    is_there = exists().where(devices.c.id == table.c.device_id)
    return select(table.c.device_id.label("id")).where(~is_there)


_NO_ACCOUNT = _without_device(device_counters).union(_without_device(device_networks)).subquery()
_IS_SERVED = exists().where(services.c.id == bindings.c.service_id)
_HAS_DEVICE = exists().where(devices.c.id == bindings.c.device_id)
_HAS_DECISION = exists().where(
    decisions.c.id == bindings.c.decision_id, decisions.c.service_id == bindings.c.service_id
)
_HAS_OWNER = exists().where(services.c.id == reservations.c.owner)
_HAS_POOL = exists().where(device_pools.c.name == devices.c.device_pool)
_IDS = {
    Fault.ACCOUNT_WITHOUT_DEVICE: select(_NO_ACCOUNT.c.id),
    Fault.BINDING_WITHOUT_SERVICE: select(bindings.c.service_id).where(~_IS_SERVED),
    Fault.BINDING_WITHOUT_DEVICE: select(bindings.c.service_id).where(~_HAS_DEVICE),
    Fault.BINDING_WITHOUT_DECISION: select(bindings.c.service_id).where(~_HAS_DECISION),
    Fault.ADDRESS_WITHOUT_OWNER: select(reservations.c.id).where(~_HAS_OWNER),
    Fault.DEVICE_WITHOUT_POOL: select(devices.c.id).where(
        devices.c.spawned.is_(True), devices.c.removing.is_(False), ~_HAS_POOL
    ),
}
_STRAYS = {
    fault: statement.order_by(statement.selected_columns[0]).limit(
        bindparam("limit_", type_=Integer)
    )
    for fault, statement in _IDS.items()
}


class SqlFleetAudit:
    """A FleetAudit."""

    def __init__(self, session: Session, feed: SqlFleetFeed) -> None:
        self._session = session
        self._feed = feed

    def books(self, device_ids: Iterable[str]) -> Mapping[str, DeviceBooks]:
        wanted = tuple(dict.fromkeys(device_ids))
        used: dict[str, dict[str, int]] = {}
        limits: dict[str, dict[str, int]] = {}
        networks: dict[str, dict[str, DeviceNetwork]] = {}
        for device_id, resource, amount, most in rows_for_all(self._session, _COUNTERS, wanted):
            if amount:
                used.setdefault(device_id, {})[resource] = amount
            if most is not None:
                limits.setdefault(device_id, {})[resource] = most
        for row in map(_NETWORKS.load, rows_for_all(self._session, _NETWORKS_ON, wanted)):
            networks.setdefault(row.device_id, {})[row.network_id] = row
        return {
            device_id: DeviceBooks(
                used=used.get(device_id, {}),
                limits=limits.get(device_id, {}),
                networks=networks.get(device_id, {}),
            )
            for device_id in {**used, **limits, **networks}
        }

    def totals(self, device_ids: Iterable[str]) -> Mapping[str, ClaimTotals]:
        wanted = tuple(dict.fromkeys(device_ids))
        claims: dict[str, dict[str, int]] = {}
        for device_id, document, number in rows_for_all(self._session, _CLAIMS, wanted):
            sums = claims.setdefault(device_id, {})
            for resource, amount in _decode_claims(document).items():
                sums[resource] = sums.get(resource, 0) + amount * number
        users: dict[str, dict[str, int]] = {}
        cidrs: dict[str, dict[str, set[str]]] = {}
        for device_id, document, number in rows_for_all(self._session, _NEEDS, wanted):
            uses, subnets = users.setdefault(device_id, {}), cidrs.setdefault(device_id, {})
            # A service may use two subnets of a network, and is one user of it.
            for network_id, theirs in cidrs_by_network(_decode_needs(document)).items():
                uses[network_id] = uses.get(network_id, 0) + number
                subnets.setdefault(network_id, set()).update(theirs)
        return {
            device_id: ClaimTotals(
                claims={resource: amount for resource, amount in sums.items() if amount},
                users=users[device_id],
                cidrs={name: tuple(sorted(found)) for name, found in cidrs[device_id].items()},
            )
            for device_id, sums in claims.items()
        }

    def strays(self, fault: Fault, limit: int) -> list[str]:
        return [row[0] for row in self._session.rows(_STRAYS[fault], {"limit_": limit})]

    def rewrite(self, device_id: str, books: DeviceBooks) -> None:
        self._session.access.check_fleet()
        counters = [
            {
                "device_id": device_id,
                "resource": resource,
                "used": books.used.get(resource, 0),
                "ceiling": books.limits.get(resource),
            }
            for resource in sorted({*books.used, *books.limits})
        ]
        for statement in _FORGET:
            self._session.change(statement, {"device": device_id})
        if counters:
            self._session.change(insert(device_counters), counters)
        networks = [
            {**_NETWORKS.dump(row), "idle": None if row.users else True}
            for _, row in sorted(books.networks.items())
        ]
        if networks:
            self._session.change(insert(device_networks), networks)
        self._feed.touch([device_id])
