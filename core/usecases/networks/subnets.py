"""Subnets of the local catalogue, with Neutron's semantics."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.errors import AddressInUse, InUse, InvalidInput, NotFound
from core.domain.network import Network, Subnet, default_pools, overlapping
from core.domain.query import Query
from core.domain.validation import check_text
from core.ports.id_source import IdSource
from core.ports.store import Store
from core.ports.subnet_policy import SubnetPolicy
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.listing import Filters, Listing
from core.usecases.networks import subnet_rules as rules
from core.usecases.networks.access import changeable, visible_network
from core.usecases.networks.types import CreateSubnet, HostRoute, SubnetView, UpdateSubnet
from core.usecases.networks.users import give_back_idle, users_of_subnets
from core.usecases.resource import UNCHANGED

LISTING = Listing(
    SubnetView,
    {
        "id": "id",
        "tenant_id": "project_id",
        "project_id": "project_id",
        "network_id": "network_id",
        "name": "name",
        "description": "description",
        "cidr": "cidr",
        "gateway_ip": "gateway_ip",
        "enable_dhcp": "enable_dhcp",
    },
)


class Subnets:
    """What callers do with subnets. A subnet belongs to the project of its network."""

    def __init__(self, *, store: Store, ids: IdSource, policy: SubnetPolicy) -> None:
        self._store = store
        self._ids = ids
        self._policy = policy

    def create(self, caller: Caller, items: Sequence[CreateSubnet]) -> list[SubnetView]:
        """Store all subnets. Raises InvalidInput for a range that cannot be."""
        with self._store.write() as work:
            subnets = [self._add(work, caller, item) for item in items]
            work.commit()
        return [_view(each) for each in subnets]

    def show(self, caller: Caller, identity: str) -> SubnetView:
        """One subnet."""
        with self._store.read() as work:
            return _view(_visible(work, caller, identity)[0])

    def list(self, caller: Caller, query: Query) -> list[SubnetView]:
        """The subnets that match: those of own and of shared networks."""
        with self._store.read() as work:
            return LISTING.find(
                work.subnets,
                query,
                lambda rows: [_view(each) for each in rows],
                _scopes(work, caller),
            )

    def update(self, caller: Caller, identity: str, change: UpdateSubnet) -> SubnetView:
        """Change a subnet of one's own. Addresses that are taken stay taken."""
        _check_texts(change.name, change.description)
        with self._store.write() as work:
            work.subnets.hold(identity)
            subnet, network = _visible(work, caller, identity)
            changeable(network, caller)
            wanted = _changed(subnet, change)
            _check_gateway_free(work, wanted)
            work.subnets.save(wanted)
            work.commit()
        return _view(wanted)

    def delete(self, caller: Caller, identity: str) -> None:
        """Delete a subnet that no service uses."""
        with self._store.write() as work:
            work.subnets.hold(identity)
            _, network = _visible(work, caller, identity)
            changeable(network, caller)
            users = users_of_subnets(work, [identity])
            if users:
                raise InUse("Subnet", identity, users)
            give_back_idle(work, [identity])
            work.subnets.remove(identity)
            work.commit()

    def _add(self, work: UnitOfWork, caller: Caller, item: CreateSubnet) -> Subnet:
        _check_texts(item.name, item.description)
        network = changeable(visible_network(work, caller, item.network_id), caller)
        if item.tenant_id not in (None, network.project_id):
            raise InvalidInput("tenant_id", f"network {network.id} belongs to another project")
        subnet = self._subnet(item, network)
        self._check_range(work, subnet)
        work.subnets.add(subnet)
        return subnet

    def _subnet(self, item: CreateSubnet, network: Network) -> Subnet:
        cidr = rules.parse_cidr("cidr", item.cidr)
        rules.check_version(cidr, item.ip_version)
        gateway = rules.gateway_of(cidr, item.gateway_ip)
        if item.allocation_pools is None:
            pools = default_pools(str(cidr), gateway)
        else:
            pools = rules.checked_pools(cidr, item.allocation_pools, gateway)
        return Subnet(
            id=self._ids.new_id(),
            project_id=network.project_id,
            network_id=network.id,
            name=item.name,
            description=item.description,
            cidr=str(cidr),
            gateway_ip=gateway,
            allocation_pools=pools,
            enable_dhcp=item.enable_dhcp,
            dns_nameservers=rules.checked_nameservers(item.dns_nameservers),
            host_routes=rules.checked_routes(item.host_routes),
        )

    def _check_range(self, work: UnitOfWork, subnet: Subnet) -> None:
        others = work.subnets.find(Query())
        near = [each.cidr for each in others if each.network_id == subnet.network_id]
        overlap = overlapping(subnet.cidr, near)
        if overlap is not None:
            raise InvalidInput(
                "cidr", f"{subnet.cidr} overlaps {overlap}, another subnet of the network"
            )
        refusal = self._policy.refuse(subnet.cidr, [each.cidr for each in others])
        if refusal is not None:
            raise InvalidInput("cidr", refusal)


def _visible(work: UnitOfWork, caller: Caller, identity: str) -> tuple[Subnet, Network]:
    subnet = work.subnets.get(identity)
    network = work.networks.get(subnet.network_id) if subnet else None
    if (
        subnet is None
        or network is None
        or not caller.may_see(network.project_id, shared=network.shared)
    ):
        raise NotFound("Subnet", identity)
    return subnet, network


def _scopes(work: UnitOfWork, caller: Caller) -> Sequence[Filters]:
    if caller.is_admin:
        return ({},)
    shared = work.networks.find(Query(filters={"shared": (True,)}))
    return (
        {"project_id": (caller.project_id,)},
        {"network_id": tuple(each.id for each in shared)},
    )


def _changed(subnet: Subnet, change: UpdateSubnet) -> Subnet:
    cidr = rules.parse_cidr("cidr", subnet.cidr)
    gateway = subnet.gateway_ip
    if change.gateway_ip is not UNCHANGED:
        gateway = rules.gateway_of(cidr, change.gateway_ip)
    pools = subnet.allocation_pools if change.allocation_pools is None else change.allocation_pools
    servers, routes = change.dns_nameservers, change.host_routes
    dhcp = change.enable_dhcp
    return replace(
        subnet,
        name=subnet.name if change.name is None else change.name,
        description=subnet.description if change.description is None else change.description,
        gateway_ip=gateway,
        allocation_pools=rules.checked_pools(cidr, pools, gateway),
        enable_dhcp=subnet.enable_dhcp if dhcp is None else dhcp,
        dns_nameservers=(
            subnet.dns_nameservers if servers is None else rules.checked_nameservers(servers)
        ),
        host_routes=subnet.host_routes if routes is None else rules.checked_routes(routes),
    )


def _check_gateway_free(work: UnitOfWork, subnet: Subnet) -> None:
    if subnet.gateway_ip is not None:
        taken = {"subnet_id": (subnet.id,), "address": (subnet.gateway_ip,)}
        if work.reservations.count(taken):
            raise AddressInUse(subnet.gateway_ip, subnet.id)


def _check_texts(name: str | None, description: str | None) -> None:
    check_text("name", name or "")
    check_text("description", description or "")


def _view(subnet: Subnet) -> SubnetView:
    return SubnetView(
        id=subnet.id,
        tenant_id=subnet.project_id,
        project_id=subnet.project_id,
        network_id=subnet.network_id,
        name=subnet.name,
        description=subnet.description,
        cidr=subnet.cidr,
        ip_version=subnet.ip_version,
        gateway_ip=subnet.gateway_ip,
        allocation_pools=subnet.allocation_pools,
        enable_dhcp=subnet.enable_dhcp,
        dns_nameservers=subnet.dns_nameservers,
        host_routes=tuple(HostRoute(*pair) for pair in subnet.host_routes),
    )
