"""Bindings and the claims that go with them, in memory."""

from collections.abc import Mapping
from dataclasses import replace

from adapters.persistence.account import cidrs_by_network, differences
from adapters.persistence.collection import BINDINGS
from adapters.persistence.memory.accounts import Account, Accounts
from adapters.persistence.memory.repository import MemoryRepository
from adapters.persistence.memory.tables import Tables
from core.domain.binding import Binding, DeviceNetwork, Shortage, vlan_resource
from core.domain.query import Query


class MemoryBindings:
    """A BindingRepository."""

    def __init__(self, tables: Tables) -> None:
        self._rows = MemoryRepository(tables, BINDINGS)
        self._accounts = Accounts(tables)

    def get(self, service_id: str) -> Binding | None:
        return self._rows.get(service_id)

    def find(self, query: Query) -> list[Binding]:
        return self._rows.find(query)

    def claim(self, binding: Binding, interface: str) -> Shortage | None:
        before = self._rows.get(binding.service_id)
        account = self._accounts.get(binding.device_id)
        slots = _slots(binding, account, interface)
        held = before.claims if before and before.device_id == binding.device_id else {}
        shortage = _shortage(binding, account, _added(differences(held, binding.claims), slots))
        if shortage is not None:
            return shortage
        self.release(binding.service_id)
        self._rows.add(binding)
        account = self._accounts.get(binding.device_id).taking(_added(binding.claims, slots))
        self._accounts.put(
            binding.device_id, account.with_networks(_joined(binding, account, interface))
        )
        return None

    def release(self, service_id: str) -> None:
        binding = self._rows.get(service_id)
        if binding is None:
            return
        self._rows.remove(service_id)
        account = self._accounts.get(binding.device_id).taking(differences(binding.claims, {}))
        self._accounts.put(binding.device_id, account.with_networks(self._left(binding, account)))

    def _left(self, binding: Binding, account: Account) -> dict[str, DeviceNetwork]:
        left = cidrs_by_network(binding.networks)
        others = cidrs_by_network(
            need
            for other in self._rows.find(Query(filters={"device_id": (binding.device_id,)}))
            for need in other.networks
        )
        networks = (account.networks[network_id] for network_id in left)
        return {
            row.network_id: replace(
                row, users=row.users - 1, cidrs=others.get(row.network_id, row.cidrs)
            )
            for row in networks
        }


def _slots(binding: Binding, account: Account, interface: str) -> dict[str, int]:
    new = {need.network_id for need in binding.networks} - account.networks.keys()
    return {vlan_resource(interface): len(new)}


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in sorted({*one, *other})}


def _shortage(binding: Binding, account: Account, changes: Mapping[str, int]) -> Shortage | None:
    for resource, amount in changes.items():
        used, limit = account.used.get(resource, 0), account.limits.get(resource)
        if amount > 0 and limit is not None and used + amount > limit:
            return Shortage(binding.device_id, resource, amount, used, limit)
    return None


def _joined(binding: Binding, account: Account, interface: str) -> dict[str, DeviceNetwork]:
    joined = {}
    for network_id, cidrs in cidrs_by_network(binding.networks).items():
        row = account.networks.get(network_id)
        if row is None:
            row = DeviceNetwork(
                device_id=binding.device_id,
                network_id=network_id,
                cidrs=(),
                interface=interface,
                users=0,
            )
        known = row.cidrs if row.users else ()
        joined[network_id] = replace(
            row, users=row.users + 1, cidrs=tuple(sorted({*known, *cidrs}))
        )
    return joined
