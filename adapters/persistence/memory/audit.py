"""The books of devices beside what the bindings come to, in memory."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from adapters.persistence import collection
from adapters.persistence.books import cidrs_by_network
from adapters.persistence.memory.accounts import Accounts, DeviceAccount
from adapters.persistence.memory.feed import MemoryFleetFeed
from adapters.persistence.memory.tables import Tables
from core.domain.binding import Binding
from core.domain.consistency import ClaimTotals, DeviceBooks, Fault
from core.domain.device import Device


class MemoryFleetAudit:
    """A FleetAudit."""

    def __init__(self, tables: Tables, feed: MemoryFleetFeed) -> None:
        self._tables = tables
        self._accounts = Accounts(tables)
        self._feed = feed

    def books(self, device_ids: Iterable[str]) -> Mapping[str, DeviceBooks]:
        found = {
            device_id: DeviceBooks(
                used=account.used,
                limits={name: most for name, most in account.limits.items() if most is not None},
                networks=account.networks,
            )
            for device_id, account in self._accounts.chosen(device_ids).items()
        }
        return {device_id: books for device_id, books in found.items() if books != DeviceBooks()}

    def totals(self, device_ids: Iterable[str]) -> Mapping[str, ClaimTotals]:
        by_device: dict[str, list[Binding]] = {}
        wanted = set(device_ids)
        for binding in self._rows(collection.BINDINGS.name).values():
            if binding.device_id in wanted:
                by_device.setdefault(binding.device_id, []).append(binding)
        return {device_id: _totals(theirs) for device_id, theirs in by_device.items()}

    def strays(self, fault: Fault, limit: int) -> list[str]:
        return sorted(self._strays(fault))[:limit]

    def rewrite(self, device_id: str, books: DeviceBooks) -> None:
        self._tables.access.check_fleet()
        account = DeviceAccount(limits=books.limits, used=books.used, networks=books.networks)
        self._accounts.put(device_id, account)
        self._feed.touch([device_id])

    def _strays(self, fault: Fault) -> Iterable[str]:
        if fault is Fault.ACCOUNT_WITHOUT_DEVICE:
            return self._accounts.chosen(None).keys() - self._rows(collection.DEVICES.name).keys()
        stored, is_owned = self._owners()[fault]
        return [one for one, item in self._rows(stored.name).items() if not is_owned(item)]

    def _owners(self) -> Mapping[Fault, tuple[collection.Collection[Any], Callable[[Any], bool]]]:
        """What refers to something, and whether that is there."""
        services = self._rows(collection.SERVICES.name)
        devices = self._rows(collection.DEVICES.name)
        decisions = self._rows(collection.DECISIONS.name)
        pools = {pool.name for pool in self._rows(collection.DEVICE_POOLS.name).values()}

        def has_pool(device: Device) -> bool:
            return not device.spawned or device.removing or device.device_pool in pools

        bindings, reservations = collection.BINDINGS, collection.RESERVATIONS
        return {
            Fault.BINDING_WITHOUT_SERVICE: (bindings, lambda one: one.service_id in services),
            Fault.BINDING_WITHOUT_DEVICE: (bindings, lambda one: one.device_id in devices),
            Fault.BINDING_WITHOUT_DECISION: (bindings, lambda one: one.decision_id in decisions),
            Fault.ADDRESS_WITHOUT_OWNER: (reservations, lambda one: one.owner in services),
            Fault.DEVICE_WITHOUT_POOL: (collection.DEVICES, has_pool),
        }

    def _rows(self, name: str) -> Mapping[str, Any]:
        rows: Mapping[Any, Any] = self._tables.rows(name)
        return rows


def _totals(bindings: Iterable[Binding]) -> ClaimTotals:
    claims: dict[str, int] = {}
    users: dict[str, int] = {}
    cidrs: dict[str, set[str]] = {}
    for binding in bindings:
        for resource, amount in binding.claims.items():
            claims[resource] = claims.get(resource, 0) + amount
        for network_id, subnets in cidrs_by_network(binding.networks).items():
            users[network_id] = users.get(network_id, 0) + 1
            cidrs.setdefault(network_id, set()).update(subnets)
    return ClaimTotals(
        claims={resource: amount for resource, amount in claims.items() if amount},
        users=users,
        cidrs={network_id: tuple(sorted(subnets)) for network_id, subnets in cidrs.items()},
    )
