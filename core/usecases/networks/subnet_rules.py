"""What makes a subnet: pure checks that raise InvalidInput, as Neutron's do."""

import ipaddress
from collections.abc import Sequence
from itertools import pairwise

from core.domain.errors import InvalidInput
from core.domain.network import AllocationPool, default_gateway
from core.domain.validation import canonical_address
from core.usecases.networks.types import HostRoute
from core.usecases.resource import Unchanged

_MAX_NAMESERVERS = 5
_MAX_ROUTES = 20

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_cidr(field: str, text: str) -> IPNetwork:
    """A range with its prefix length; set host bits are cut off, as Neutron does."""
    address, slash, length = text.partition("/")
    try:
        if not (slash and length.isascii() and length.isdigit() and "%" not in address):
            raise ValueError(text)
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidInput(field, f"{text!r} is not a range such as 127.10.0.0/24") from None


def check_version(network: IPNetwork, wanted: int | None) -> None:
    """Refuse an ip_version that is not that of the range."""
    if wanted not in (None, network.version):
        raise InvalidInput("ip_version", f"{network} is a range of IPv{network.version}")


def gateway_of(network: IPNetwork, wanted: str | Unchanged | None) -> str | None:
    """The gateway: the one given, none (None), or by default the first address."""
    if wanted is None:
        return None
    if isinstance(wanted, Unchanged):
        return default_gateway(str(network))
    gateway = canonical_address("gateway_ip", wanted)
    if not _is_host(network, gateway):
        raise InvalidInput("gateway_ip", f"{gateway} is no host address of {network}")
    return gateway


def checked_pools(
    network: IPNetwork, pools: Sequence[AllocationPool], gateway: str | None
) -> tuple[AllocationPool, ...]:
    """The pools in their usual form and in order. They lie inside the range, apart from each
    other, and leave the gateway out."""
    field = "allocation_pools"
    parsed = []
    for pool in pools:
        start, end = (canonical_address(field, text) for text in (pool.start, pool.end))
        if not (_is_host(network, start) and _is_host(network, end)):
            raise InvalidInput(field, f"{start} to {end} is not inside {network}")
        low, high = _number(start), _number(end)
        if low > high:
            raise InvalidInput(field, f"{start} comes after {end}")
        if gateway is not None and low <= _number(gateway) <= high:
            raise InvalidInput(field, f"{start} to {end} holds the gateway {gateway}")
        parsed.append((low, high, AllocationPool(start, end)))
    parsed.sort(key=lambda each: each[0])
    for (_, high, first), (low, _, second) in pairwise(parsed):
        if low <= high:
            raise InvalidInput(field, f"{first.start} to {first.end} overlaps {second.start}")
    return tuple(pool for _, _, pool in parsed)


def checked_nameservers(servers: Sequence[str]) -> tuple[str, ...]:
    """The addresses of name servers in their usual form."""
    if len(servers) > _MAX_NAMESERVERS:
        raise InvalidInput("dns_nameservers", f"more than {_MAX_NAMESERVERS}")
    return tuple(canonical_address("dns_nameservers", server) for server in servers)


def checked_routes(routes: Sequence[HostRoute]) -> tuple[tuple[str, str], ...]:
    """Routes as pairs of destination and next hop."""
    if len(routes) > _MAX_ROUTES:
        raise InvalidInput("host_routes", f"more than {_MAX_ROUTES}")
    return tuple(
        (
            str(parse_cidr("host_routes", route.destination)),
            canonical_address("host_routes", route.nexthop),
        )
        for route in routes
    )


def _is_host(network: IPNetwork, text: str) -> bool:
    address = ipaddress.ip_address(text)
    if address.version != network.version or address not in network:
        return False
    if network.num_addresses <= 2:
        return True
    return address != network[0] and not (network.version == 4 and address == network[-1])


def _number(text: str) -> int:
    return int(ipaddress.ip_address(text))
