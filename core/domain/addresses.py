"""Ranges of addresses, and which of many a given one overlaps."""

import ipaddress
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from functools import lru_cache

Owned = tuple[str, str]
"""A range as CIDR text, and whose it is."""


_IPV6 = 64
"""What prefix lengths of IPv6 are raised by, to tell them from those of IPv4."""


@lru_cache(maxsize=1 << 16)
def _span(cidr: str) -> tuple[int, int, int, int]:
    """The key, the kind, and the first and last address as integers, of a CIDR. The kind is the
    prefix length, raised by 64 in IPv6; the key is first address and kind in one number."""
    network = ipaddress.ip_network(cidr)
    kind = network.prefixlen + (_IPV6 if network.version == 6 else 0)
    first = int(network.network_address)
    return first << 8 | kind, kind, first, int(network.broadcast_address)


def overlap(cidr: str, other: str) -> bool:
    """Whether two ranges share an address."""
    _, kind, first, last = _span(cidr)
    _, theirs, their_first, their_last = _span(other)
    is_one_family = (kind < _IPV6) == (theirs < _IPV6)
    return is_one_family and first <= their_last and their_first <= last


class Ranges:
    """Ranges with their owners; the same range may have several.

    Two CIDRs overlap only when one contains the other, so those of one kind are looked up by
    their first address: a search costs a few steps for each kind there is. Every device has
    one, and questions go to many devices, so what is read of each lies close together.
    """

    __slots__ = ("_firsts", "_owners")

    def __init__(self, owned: Iterable[Owned] = ()) -> None:
        self._owners: dict[int, tuple[Owned, ...]] = {}
        """By key."""
        self._firsts: dict[int, list[int]] = {}
        """By kind, the first addresses in order."""
        for cidr, owner in owned:
            self.add(cidr, owner)

    def add(self, cidr: str, owner: str) -> None:
        """Add a range; nothing happens when the owner has it already."""
        key, kind, first, _ = _span(cidr)
        known = self._owners.get(key)
        if known is None:
            insort(self._firsts.setdefault(kind, []), first)
            self._owners[key] = ((cidr, owner),)
        elif (cidr, owner) not in known:
            self._owners[key] = (*known, (cidr, owner))

    def discard(self, cidr: str, owner: str) -> None:
        """Remove an owner's range; nothing happens when it is not there."""
        key, kind, first, _ = _span(cidr)
        known = self._owners.get(key, ())
        left = tuple(one for one in known if one != (cidr, owner))
        if left:
            self._owners[key] = left
        elif known:
            del self._owners[key]
            firsts = self._firsts[kind]
            del firsts[bisect_left(firsts, first)]

    def overlapping(self, cidr: str) -> list[Owned]:
        """All that share an address with `cidr`."""
        _, kind, first, last = _span(cidr)
        found: list[Owned] = []
        for theirs in self._firsts:
            if (theirs < _IPV6) != (kind < _IPV6):
                continue
            if theirs <= kind:
                below = (32 if theirs < _IPV6 else 128 + _IPV6) - theirs
                found += self._owners.get(first >> below << below + 8 | theirs, ())
            else:
                found += self._between(theirs, first, last)
        return found

    def copy(self) -> "Ranges":
        """An independent copy."""
        other = Ranges()
        other._owners = self._owners.copy()
        other._firsts = {kind: firsts.copy() for kind, firsts in self._firsts.items()}
        return other

    def _between(self, kind: int, first: int, last: int) -> list[Owned]:
        firsts, owners = self._firsts[kind], self._owners
        within = firsts[bisect_left(firsts, first) : bisect_right(firsts, last)]
        return [owned for one in within for owned in owners[one << 8 | kind]]
