"""Choosing an address of a subnet: the same rules for every wirer that allocates by itself."""

import ipaddress
from collections.abc import Callable, Collection

from core.domain.errors import AddressInUse, InvalidInput, NoFreeAddress
from core.domain.network import Subnet, next_free

_PROBES = 8
"""How many single look-ups are cheaper than reading all that is taken."""


def check_address(subnet: Subnet, address: str) -> None:
    """Refuse an address that was asked for and that no VIP of the subnet can have."""
    network = ipaddress.ip_network(subnet.cidr)
    wanted = ipaddress.ip_address(address)
    if wanted.version != network.version or wanted not in network:
        raise InvalidInput("address", f"{address} is not in {subnet.cidr}, the range of its subnet")
    if network.num_addresses > 2 and (
        wanted == network[0] or (network.version == 4 and wanted == network[-1])
    ):
        raise InvalidInput("address", f"{address} is no host address of {subnet.cidr}")
    if address == subnet.gateway_ip:
        raise AddressInUse(address, subnet.id)


def choose_address(
    subnet: Subnet, is_taken: Callable[[str], bool], taken: Callable[[], Collection[str]]
) -> str:
    """A free address. Raises NoFreeAddress.

    `is_taken` looks one address of the subnet up; `taken` returns all that are taken, in a
    form in which one is quickly found. Few single look-ups are made, and all are read at
    most once.
    """
    chosen = next_free(subnet, _Prober(is_taken, taken))
    if chosen is None:
        raise NoFreeAddress(subnet.id)
    return chosen


class _Prober:
    """Looks addresses up one by one at first, and in a copy of all once that took too long."""

    def __init__(
        self, is_taken: Callable[[str], bool], taken: Callable[[], Collection[str]]
    ) -> None:
        self._is_taken = is_taken
        self._taken = taken
        self._known: Collection[str] | None = None
        self._probes = 0

    def __call__(self, address: str) -> bool:
        self._probes += 1
        if self._probes <= _PROBES:
            return self._is_taken(address)
        if self._known is None:
            self._known = self._taken()
        return address in self._known
