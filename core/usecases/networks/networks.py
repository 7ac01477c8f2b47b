"""Networks of the local catalogue, with Neutron's semantics."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields, replace

from core.domain.errors import AlreadyExists, Forbidden, InUse, InvalidInput
from core.domain.network import Network
from core.domain.query import Query
from core.domain.validation import check_text
from core.ports.id_source import IdSource
from core.ports.repository import Duplicate
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.listing import Filters, Listing
from core.usecases.lookup import hold_all, related
from core.usecases.networks.access import changeable, visible_network
from core.usecases.networks.types import CreateNetwork, NetworkView, UpdateNetwork
from core.usecases.networks.users import (
    devices_on_network,
    give_back_idle,
    users_of_network,
    users_of_subnets,
)
from core.usecases.resource import UNCHANGED, Unchanged

LISTING = Listing(
    NetworkView,
    {
        "id": "id",
        "tenant_id": "project_id",
        "project_id": "project_id",
        "name": "name",
        "description": "description",
        "admin_state_up": "admin_state_up",
        "shared": "shared",
    },
)

STATUS = "ACTIVE"
"""A network of the local catalogue is always there."""

FIRST_VLAN, LAST_VLAN = 1, 4094


class Networks:
    """What callers do with networks. Only admins share one with all projects, and decide on
    which VLAN it is."""

    def __init__(self, *, store: Store, ids: IdSource) -> None:
        self._store = store
        self._ids = ids

    def create(self, caller: Caller, items: Sequence[CreateNetwork]) -> list[NetworkView]:
        """Store all networks."""
        networks = [self._network(caller, item) for item in items]
        with self._store.write() as work:
            for network in networks:
                try:
                    work.networks.add(network)
                except Duplicate as duplicate:
                    raise _vlan_taken(network) from duplicate
            work.commit()
        return [_view(each, (), caller) for each in networks]

    def show(self, caller: Caller, identity: str) -> NetworkView:
        """One network."""
        with self._store.read() as work:
            return network_views(work, [visible_network(work, caller, identity)], caller)[0]

    def list(self, caller: Caller, query: Query) -> list[NetworkView]:
        """The networks that match: own and shared ones."""
        scopes: Sequence[Filters] = ({"project_id": (caller.project_id,)}, {"shared": (True,)})
        with self._store.read() as work:
            return LISTING.find(
                work.networks,
                query,
                lambda rows: network_views(work, rows, caller),
                ({},) if caller.is_admin else scopes,
            )

    def update(self, caller: Caller, identity: str, change: UpdateNetwork) -> NetworkView:
        """Change a network of one's own. Its VLAN stays while a device is attached to it."""
        _check(caller, change.name, change.description, shared=change.shared)
        _check_vlan(caller, change.segmentation_id)
        with self._store.write() as work:
            network = changeable(visible_network(work, caller, identity), caller)
            wanted = _changed(network, change)
            if wanted.segmentation_id != network.segmentation_id:
                devices = devices_on_network(work, identity)
                if devices:
                    raise InUse("Network", identity, devices)
            if network.shared and not wanted.shared:
                hold_subnets(work, identity)
                others = users_of_network(work, network)
                if others:
                    raise InUse("Network", identity, others)
            try:
                work.networks.save(wanted)
            except Duplicate as duplicate:
                raise _vlan_taken(wanted) from duplicate
            view = network_views(work, [wanted], caller)[0]
            work.commit()
        return view

    def delete(self, caller: Caller, identity: str) -> None:
        """Delete a network with its subnets, unless one of these is in use."""
        with self._store.write() as work:
            changeable(visible_network(work, caller, identity), caller)
            subnet_ids = hold_subnets(work, identity)
            users = users_of_subnets(work, subnet_ids)
            if users:
                raise InUse("Network", identity, users)
            give_back_idle(work, subnet_ids)
            work.subnets.remove(*subnet_ids)
            work.networks.remove(identity)
            work.commit()

    def _network(self, caller: Caller, item: CreateNetwork) -> Network:
        _check(caller, item.name, item.description, shared=item.shared or None)
        vlan = item.segmentation_id
        _check_vlan(caller, UNCHANGED if vlan is None else vlan)
        return Network(
            id=self._ids.new_id(),
            project_id=caller.project_for(item.tenant_id),
            name=item.name,
            description=item.description,
            admin_state_up=item.admin_state_up,
            shared=item.shared,
            segmentation_id=item.segmentation_id,
        )


def hold_subnets(work: UnitOfWork, network_id: str) -> list[str]:
    """Hold a network's subnets, by id: nobody begins to use them. Only units of the fleet add
    subnets, so there are no others."""
    found = related(work.subnets, "network_id", [network_id])
    return list(hold_all(work.subnets, (each.id for each in found)))


def network_views(
    work: UnitOfWork, networks: Sequence[Network], caller: Caller
) -> list[NetworkView]:
    """Networks as the caller sees them, with the ids of their subnets."""
    subnets: defaultdict[str, list[str]] = defaultdict(list)
    for subnet in related(work.subnets, "network_id", [each.id for each in networks]):
        subnets[subnet.network_id].append(subnet.id)
    return [_view(each, tuple(subnets[each.id]), caller) for each in networks]


def _view(network: Network, subnets: tuple[str, ...], caller: Caller) -> NetworkView:
    return NetworkView(
        id=network.id,
        tenant_id=network.project_id,
        project_id=network.project_id,
        name=network.name,
        description=network.description,
        admin_state_up=network.admin_state_up,
        status=STATUS,
        shared=network.shared,
        segmentation_id=network.segmentation_id if caller.is_admin else None,
        subnets=subnets,
    )


def _check(
    caller: Caller, name: str | None, description: str | None, *, shared: bool | None
) -> None:
    check_text("name", name or "")
    check_text("description", description or "")
    if shared is not None and not caller.is_admin:
        raise Forbidden("only an admin may decide whether a network is shared")


def _check_vlan(caller: Caller, vlan: int | Unchanged | None) -> None:
    if vlan is UNCHANGED:
        return
    if not caller.is_admin:
        raise Forbidden("only an admin may decide on which VLAN a network is")
    if isinstance(vlan, int) and not FIRST_VLAN <= vlan <= LAST_VLAN:
        raise InvalidInput(
            "provider:segmentation_id", f"{vlan} is no VLAN from {FIRST_VLAN} to {LAST_VLAN}"
        )


def _vlan_taken(network: Network) -> AlreadyExists:
    return AlreadyExists("Network", f"provider:segmentation_id {network.segmentation_id}")


def _changed(network: Network, change: UpdateNetwork) -> Network:
    given = {each.name: getattr(change, each.name) for each in fields(change)}
    vlan = given.pop("segmentation_id")
    if vlan is not UNCHANGED:
        network = replace(network, segmentation_id=vlan)
    return replace(network, **{name: value for name, value in given.items() if value is not None})
