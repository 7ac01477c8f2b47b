"""Bindings and the claims that go with them, in SQL."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from adapters.persistence.account import cidrs_by_network, differences
from adapters.persistence.sql.chunks import rows_for_all
from adapters.persistence.sql.counters import Counters
from adapters.persistence.sql.device_networks import DeviceNetworks
from adapters.persistence.sql.records import BINDINGS
from adapters.persistence.sql.repository import SqlRepository
from adapters.persistence.sql.session import Session
from adapters.persistence.sql.tables import claims, service_networks
from core.domain.binding import Binding, DeviceNetwork, NetworkNeed, Shortage, vlan_resource
from core.domain.query import Query

_CLAIMS = select(claims.c.service_id, claims.c.resource, claims.c.amount).where(
    claims.c.service_id.in_(bindparam("ids", expanding=True))
)
_NETWORKS = (
    select(service_networks.c.service_id, service_networks.c.network_id, service_networks.c.cidr)
    .where(service_networks.c.service_id.in_(bindparam("ids", expanding=True)))
    .order_by(service_networks.c.service_id, service_networks.c.position)
)
_ADD_CLAIMS = insert(claims)
_ADD_NETWORKS = insert(service_networks)
_DROP_CLAIMS = delete(claims).where(claims.c.service_id == bindparam("service"))
_DROP_NETWORKS = delete(service_networks).where(
    service_networks.c.service_id == bindparam("service")
)


class SqlBindings:
    """A BindingRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows = SqlRepository(session, BINDINGS, _load_parts)
        self._counters = Counters(session)
        self._networks = DeviceNetworks(session)

    def get(self, service_id: str) -> Binding | None:
        return self._rows.get(service_id)

    def find(self, query: Query) -> list[Binding]:
        return self._rows.find(query)

    def claim(self, binding: Binding, interface: str) -> Shortage | None:
        before = self._rows.get(binding.service_id)
        held = before if before and before.device_id == binding.device_id else None
        needed = cidrs_by_network(binding.networks)
        known = {
            network_id: self._networks.get(binding.device_id, network_id) for network_id in needed
        }
        new = sum(row is None for row in known.values())
        shortage = self._counters.take(
            binding.device_id, _changes(held, binding, vlan_resource(interface), new)
        )
        if shortage is not None:
            return shortage
        if before is not None and held is None:
            self.release(before.service_id)
        self._store(held, binding)
        self._join(held, binding, known, interface)
        return None

    def release(self, service_id: str) -> None:
        binding = self._rows.get(service_id)
        if binding is None:
            return
        self._rows.remove(service_id)
        self._counters.give_back(binding.device_id, dict(sorted(binding.claims.items())))
        for network_id in cidrs_by_network(binding.networks):
            self._networks.leave(binding.device_id, network_id)

    def _store(self, held: Binding | None, binding: Binding) -> None:
        if held is None:
            self._rows.add(binding)
        else:
            self._rows.save(binding)
            self._session.change(_DROP_CLAIMS, {"service": binding.service_id})
            self._session.change(_DROP_NETWORKS, {"service": binding.service_id})
        if binding.claims:
            self._session.change(_ADD_CLAIMS, _claim_rows(binding))
        if binding.networks:
            self._session.change(_ADD_NETWORKS, _network_rows(binding))

    def _join(
        self,
        held: Binding | None,
        binding: Binding,
        known: Mapping[str, DeviceNetwork | None],
        interface: str,
    ) -> None:
        needed = cidrs_by_network(binding.networks)
        had = {} if held is None else cidrs_by_network(held.networks)
        for network_id, cidrs in needed.items():
            row = known[network_id]
            if row is None:
                self._networks.open(
                    DeviceNetwork(
                        device_id=binding.device_id,
                        network_id=network_id,
                        cidrs=cidrs,
                        interface=interface,
                        users=1,
                    )
                )
            elif network_id not in had:
                self._networks.join(row, cidrs)
            elif had[network_id] != cidrs:
                self._networks.narrow(binding.device_id, network_id)
        for network_id in sorted(had.keys() - needed.keys()):
            self._networks.leave(binding.device_id, network_id)


def _changes(
    held: Binding | None, binding: Binding, slots: str, new_networks: int
) -> dict[str, int]:
    changes = differences({} if held is None else held.claims, binding.claims)
    if new_networks:
        changes[slots] = changes.get(slots, 0) + new_networks
    return dict(sorted(changes.items()))


def _claim_rows(binding: Binding) -> list[dict[str, Any]]:
    return [
        {"service_id": binding.service_id, "resource": resource, "amount": amount}
        for resource, amount in binding.claims.items()
    ]


def _network_rows(binding: Binding) -> list[dict[str, Any]]:
    return [
        {
            "service_id": binding.service_id,
            "position": position,
            "device_id": binding.device_id,
            "network_id": need.network_id,
            "cidr": need.cidr,
        }
        for position, need in enumerate(binding.networks)
    ]


def _load_parts(session: Session, ids: Sequence[str]) -> dict[str, Sequence[Any]]:
    taken: dict[str, dict[str, int]] = defaultdict(dict)
    for service_id, resource, amount in rows_for_all(session, _CLAIMS, ids):
        taken[service_id][resource] = amount
    networks: dict[str, list[NetworkNeed]] = defaultdict(list)
    for service_id, network_id, cidr in rows_for_all(session, _NETWORKS, ids):
        networks[service_id].append(NetworkNeed(network_id=network_id, cidr=cidr))
    return {one: (tuple(networks[one]), taken[one]) for one in ids}
