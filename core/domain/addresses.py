"""Ranges of addresses, and which of many a given one overlaps."""

import ipaddress
from bisect import bisect_left, insort
from collections.abc import Iterable
from functools import lru_cache

Owned = tuple[str, str]
"""A range as CIDR text, and whose it is."""


@lru_cache(maxsize=1 << 16)
def span(cidr: str) -> tuple[int, int, int, int]:
    """The IP version, prefix length, and first and last address, as integers, of a CIDR."""
    network = ipaddress.ip_network(cidr)
    first = int(network.network_address)
    return network.version, network.prefixlen, first, int(network.broadcast_address)


def overlap(cidr: str, other: str) -> bool:
    """Whether two ranges share an address."""
    version, _, first, last = span(cidr)
    their_version, _, their_first, their_last = span(other)
    return version == their_version and first <= their_last and their_first <= last


class Ranges:
    """Ranges with their owners; the same range may have several.

    Two CIDRs overlap only when one contains the other, so those of one prefix length are
    looked up by their first address: a search costs a few steps for each length there is.
    """

    def __init__(self, owned: Iterable[Owned] = ()) -> None:
        self._levels: dict[tuple[int, int], _Level] = {}
        for cidr, owner in owned:
            self.add(cidr, owner)

    def add(self, cidr: str, owner: str) -> None:
        """Add a range that the owner does not have yet."""
        version, prefix, first, _ = span(cidr)
        level = self._levels.get((version, prefix))
        if level is None:
            level = self._levels[version, prefix] = _Level()
        level.add(first, (cidr, owner))

    def discard(self, cidr: str, owner: str) -> None:
        """Remove an owner's range; nothing happens when it is not there."""
        version, prefix, first, _ = span(cidr)
        level = self._levels.get((version, prefix))
        if level is not None:
            level.discard(first, (cidr, owner))

    def overlapping(self, cidr: str) -> list[Owned]:
        """All that share an address with `cidr`."""
        version, prefix, first, last = span(cidr)
        found: list[Owned] = []
        for (their_version, their_prefix), level in self._levels.items():
            if their_version != version:
                continue
            if their_prefix <= prefix:
                bits = (32 if version == 4 else 128) - their_prefix
                found += level.owners.get(first >> bits << bits, ())
            else:
                found += level.between(first, last)
        return found

    def copy(self) -> "Ranges":
        """An independent copy."""
        other = Ranges()
        other._levels = {key: level.copy() for key, level in self._levels.items()}
        return other


class _Level:
    """The ranges of one prefix length: owners by first address, and these addresses in order."""

    __slots__ = ("firsts", "owners")

    def __init__(self) -> None:
        self.owners: dict[int, tuple[Owned, ...]] = {}
        self.firsts: list[int] = []

    def add(self, first: int, owned: Owned) -> None:
        known = self.owners.get(first)
        if known is None:
            insort(self.firsts, first)
            self.owners[first] = (owned,)
        elif owned not in known:
            self.owners[first] = (*known, owned)

    def discard(self, first: int, owned: Owned) -> None:
        left = tuple(one for one in self.owners.get(first, ()) if one != owned)
        if left:
            self.owners[first] = left
        elif first in self.owners:
            del self.owners[first]
            del self.firsts[bisect_left(self.firsts, first)]

    def between(self, first: int, last: int) -> list[Owned]:
        start = bisect_left(self.firsts, first)
        found: list[Owned] = []
        for position in range(start, len(self.firsts)):
            if self.firsts[position] > last:
                break
            found += self.owners[self.firsts[position]]
        return found

    def copy(self) -> "_Level":
        other = _Level()
        other.owners, other.firsts = dict(self.owners), list(self.firsts)
        return other
