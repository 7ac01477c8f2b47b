"""Draws a tenant's devices, where tenants are kept apart (shuffle sharding)."""

from array import array
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from struct import unpack

from core.domain.placement.index.bits import Mask, slots_of
from core.domain.service_type import Apart

_POINTS = 8
"""Points of one hash. A tenant who has more devices takes several at each point. So fewer tenants
share devices, devices are drawn more evenly, and it takes less time than as many points."""

_LAST_POINT = (1 << 64) - 1

_MOST_DRAWN = 8192


@dataclass(slots=True)
class Drawn:
    """A tenant's devices, by the names that `names` gives to slots."""

    mask: Mask
    names: Mapping[int, str] = field(repr=False)
    _device_ids: frozenset[str] | None = field(default=None, init=False, repr=False)

    @property
    def device_ids(self) -> frozenset[str]:
        """The devices' ids."""
        if self._device_ids is None:
            self._device_ids = frozenset(self.names[slot] for slot in slots_of(self.mask))
        return self._device_ids


class Ring:
    """Devices, given with their slots, in an order that their ids alone give.

    A tenant draws points and takes the devices that follow each: one, or several where he has
    more devices than points. A device that comes or goes changes the draw of few tenants, and
    each draw by one device.
    """

    def __init__(self, devices: Iterable[tuple[str, int]]) -> None:
        names = self._names = {slot: device_id for device_id, slot in devices}
        placed = sorted((_points(names[slot])[0], names[slot], slot) for slot in names)
        self._number = number = len(placed)
        self._shift = 64 - number.bit_length()
        # Draws jump about in these, and numbers in lists would lie elsewhere once more.
        self._points = array("Q", (*(point for point, _, _ in placed), _LAST_POINT))
        self._slots = array("i", (slot for _, _, slot in placed))
        self._bytes = max(names, default=0) // 8 + 1
        self._firsts = self._firsts_by_bits()
        """By the first bits of a point, the first position that what follows it may have."""
        self._drawn: dict[tuple[Apart, str], Drawn] = {}

    def draw(self, apart: Apart, project_id: str) -> Drawn:
        """The tenant's devices: `apart.devices` of them, or all when there are no more."""
        known = self._drawn.get((apart, project_id))
        if known is None:
            if len(self._drawn) >= _MOST_DRAWN:
                self._drawn.clear()
            mask = self._mask_of(self._slots_of(apart, project_id))
            known = self._drawn[apart, project_id] = Drawn(mask, self._names)
        return known

    def _slots_of(self, apart: Apart, project_id: str) -> Iterable[int]:
        if self._number <= apart.devices:
            return self._names
        ring, slots, firsts, shift = self._points, self._slots, self._firsts, self._shift
        points = _points(f"{apart.seed}/{project_id}")[: apart.devices]
        each, more = divmod(apart.devices, len(points))
        drawn: set[int] = set()
        for turn, point in enumerate(points):
            at = firsts[point >> shift]
            while ring[at] < point:
                at += 1
            wanted = each + (turn < more)
            found = slots[at : at + wanted]
            if len(found) < wanted or not drawn.isdisjoint(found):
                found = self._fresh(at, wanted, drawn)
            drawn.update(found)
        return drawn

    def _fresh(self, at: int, wanted: int, drawn: Container[int]) -> "array[int]":
        """The first from a position on that are not drawn yet."""
        found = array("i")
        while len(found) < wanted:
            slot = self._slots[at % self._number]
            if slot not in drawn:
                found.append(slot)
            at += 1
        return found

    def _mask_of(self, slots: Iterable[int]) -> Mask:
        # Each slot by itself would be a copy of the whole set.
        members = bytearray(self._bytes)
        for slot in slots:
            members[slot >> 3] |= 1 << (slot & 7)
        return int.from_bytes(members, "little")

    def _firsts_by_bits(self) -> "array[int]":
        found = array("i")
        for at in range(self._number):
            first = self._points[at] >> self._shift
            found.extend([at] * (first + 1 - len(found)))
        found.extend([self._number] * ((1 << 64 - self._shift) - len(found)))
        return found


def _points(text: str) -> Sequence[int]:
    """The points that the text alone gives."""
    return unpack(f">{_POINTS}Q", blake2b(text.encode()).digest())
