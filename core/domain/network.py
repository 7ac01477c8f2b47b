"""Networks and subnets of the local catalogue, in Neutron's terms, and their arithmetic."""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core.domain.addresses import overlap

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network of one project, or shared with all. `segmentation_id` is its VLAN, which no
    other network has."""

    id: str
    project_id: str
    name: str = ""
    description: str = ""
    admin_state_up: bool = True
    shared: bool = False
    segmentation_id: int | None = None


@dataclass(frozen=True, slots=True)
class AllocationPool:
    """A range of addresses to allocate from, both ends included."""

    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A range of addresses of a network.

    `cursor` is the address from which the search for the next free one starts, so an
    address that was just released is not given out again at once.
    """

    id: str
    project_id: str
    network_id: str
    name: str = ""
    description: str = ""
    cidr: str
    gateway_ip: str | None = None
    allocation_pools: tuple[AllocationPool, ...] = ()
    enable_dhcp: bool = True
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[tuple[str, str], ...] = ()
    """Pairs of destination and nexthop."""
    cursor: str | None = None

    @property
    def ip_version(self) -> int:
        return ipaddress.ip_network(self.cidr).version


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetInfo:
    """What the rest of the system needs to know of a subnet, whoever keeps it. It may be
    `shared` with all projects, or `shared_with` some."""

    id: str
    network_id: str
    cidr: str
    project_id: str
    shared: bool
    shared_with: frozenset[str] = frozenset()

    def visible_to(self, project_id: str) -> bool:
        return self.shared or project_id == self.project_id or project_id in self.shared_with


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """An address taken on a subnet for `owner`. Unique by (subnet, address) and by
    (subnet, owner)."""

    id: str
    """The port id that tenants see."""
    subnet_id: str
    address: str
    owner: str
    reserved_at: float


def default_gateway(cidr: str) -> str | None:
    """The first host address, as Neutron chooses; None where there is room for none."""
    network = ipaddress.ip_network(cidr)
    return str(network[1]) if network.num_addresses > 2 else None


def default_pools(cidr: str, gateway_ip: str | None) -> tuple[AllocationPool, ...]:
    """All host addresses without the gateway."""
    network = ipaddress.ip_network(cidr)
    first, last = int(network[0]), int(network[-1])
    if network.version == 4 and network.num_addresses > 2:
        first, last = first + 1, last - 1
    elif network.version == 6 and network.num_addresses > 1:
        first += 1
    ranges = [(first, last)]
    if (
        gateway_ip is not None
        and first <= (gateway := int(ipaddress.ip_address(gateway_ip))) <= last
    ):
        ranges = [(first, gateway - 1), (gateway + 1, last)]
    kind = type(network[0])
    return tuple(
        AllocationPool(str(kind(low)), str(kind(high))) for low, high in ranges if low <= high
    )


def overlapping(cidr: str, others: Sequence[str]) -> str | None:
    """The first of `others` that shares an address with `cidr`."""
    return next((other for other in others if overlap(cidr, other)), None)


def next_free(subnet: Subnet, is_taken: Callable[[str], bool]) -> str | None:
    """The first free address of the allocation pools at or after the cursor, going round once.

    Calls `is_taken` once for each address it looks at, so a caller that knows the subnet
    to be full should not ask.
    """
    for address in _from_cursor(subnet):
        text = str(address)
        if not is_taken(text):
            return text
    return None


def _from_cursor(subnet: Subnet) -> Iterator[Address]:
    ranges = [
        (ipaddress.ip_address(pool.start), ipaddress.ip_address(pool.end))
        for pool in subnet.allocation_pools
    ]
    if subnet.cursor is None:
        for low, high in ranges:
            yield from _between(int(low), int(high), type(low))
        return
    start = int(ipaddress.ip_address(subnet.cursor))
    for low, high in ranges:
        yield from _between(max(start, int(low)), int(high), type(low))
    for low, high in ranges:
        yield from _between(int(low), min(start - 1, int(high)), type(low))


def _between(first: int, last: int, kind: type[Address]) -> Iterator[Address]:
    return (kind(number) for number in range(first, last + 1))


def address_after(address: str) -> str:
    """The next address; the last of all addresses is followed by itself."""
    this = ipaddress.ip_address(address)
    return address if int(this) == 2**this.max_prefixlen - 1 else str(this + 1)
