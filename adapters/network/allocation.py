"""Choosing an address of a subnet: the same rules for every wirer that allocates by itself."""

import ipaddress
import secrets
import threading
from collections.abc import Collection
from dataclasses import replace

from core.domain.errors import AddressInUse, InvalidInput, NoFreeAddress
from core.domain.network import Subnet, address_after, next_free


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


class Starts:
    """Where the search for the next free address of each subnet begins.

    It goes on from address to address, so that one that was just released comes last, and the
    threads that share this get different ones.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._cursors: dict[str, str | None] = {}

    def know(self, subnet_id: str) -> bool:
        """Whether a search of this subnet has begun."""
        return subnet_id in self._cursors

    def begin(self, subnet_id: str, newest: str | None) -> None:
        """Begin after the address that was taken last; None: none was."""
        with self._guard:
            self._cursors.setdefault(subnet_id, None if newest is None else address_after(newest))

    def scatter(self, subnet: Subnet) -> None:
        """Go on at any address of the subnet's pools."""
        if not subnet.allocation_pools:
            return
        pool = secrets.choice(subnet.allocation_pools)
        low, high = ipaddress.ip_address(pool.start), ipaddress.ip_address(pool.end)
        with self._guard:
            self._cursors[subnet.id] = str(low + secrets.randbelow(int(high) - int(low) + 1))

    def next(self, subnet: Subnet, taken: Collection[str]) -> str:
        """The next address of the subnet's pools that is not among those taken. Raises
        NoFreeAddress."""
        with self._guard:
            begun = replace(subnet, cursor=self._cursors.get(subnet.id))
            chosen = next_free(begun, taken.__contains__)
            if chosen is None:
                raise NoFreeAddress(subnet.id)
            self._cursors[subnet.id] = address_after(chosen)
        return chosen
