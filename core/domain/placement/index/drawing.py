"""Draws a tenant's devices, where tenants are kept apart (shuffle sharding)."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from struct import unpack_from

from core.domain.placement.index.bits import Mask, slots_of
from core.domain.service_type import Apart

_POINTS = 8
"""Points of one hash, which costs little less for one than for so many."""

_LAST_POINT = (1 << 64) - 1

_FINER = 1
"""How many more of a point's first bits are looked at than tell the devices apart: for most
points, the device that follows is then known at once."""

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

    A tenant draws points and takes the device that follows each. A device that comes or goes
    changes the draw of few tenants, and each draw by one device.
    """

    def __init__(self, devices: Iterable[tuple[str, int]]) -> None:
        names = self._names = {slot: device_id for device_id, slot in devices}
        placed = sorted((_points(names[slot])[0], names[slot], slot) for slot in names)
        self._number = number = len(placed)
        self._shift = 64 - number.bit_length() - _FINER
        # Draws jump about in these, and numbers in lists would lie elsewhere once more.
        self._points = array("Q", (*(point for point, _, _ in placed), _LAST_POINT))
        self._slots = array("i", (slot for _, _, slot in (*placed, *placed[:1])))
        self._following = array("i", bytes(4 * (max(names, default=-1) + 1)))
        """By slot, the slot of the device that follows."""
        for slot, after in pairwise(self._slots):
            self._following[slot] = after
        self._hits = self._hits_by_bits()
        """By the first bits of a point, the slot of the device that follows. Where that depends
        on the other bits, the first position that it may have, inverted."""
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
        ring, slots, following = self._points, self._slots, self._following
        hits, shift = self._hits, self._shift
        drawn: set[int] = set()
        for point in _drawn_points(apart, project_id):
            slot = hits[point >> shift]
            if slot < 0:
                at = ~slot
                while ring[at] < point:
                    at += 1
                slot = slots[at]
            while slot in drawn:
                slot = following[slot]
            drawn.add(slot)
        return drawn

    def _mask_of(self, slots: Iterable[int]) -> Mask:
        # Each slot by itself would be a copy of the whole set.
        members = bytearray(len(self._following) // 8 + 1)
        for slot in slots:
            members[slot >> 3] |= 1 << (slot & 7)
        return int.from_bytes(members, "little")

    def _hits_by_bits(self) -> "array[int]":
        found = array("i")
        for at in range(self._number):
            first = self._points[at] >> self._shift
            if first >= len(found):
                found.extend([self._slots[at]] * (first - len(found)))
                found.append(~at)
        found.extend(self._slots[:1] * ((1 << 64 - self._shift) - len(found)))
        return found


def _drawn_points(apart: Apart, project_id: str) -> Sequence[int]:
    """The points that a tenant draws, one for each device."""
    turns = range(-(-apart.devices // _POINTS))
    digests = [blake2b(f"{apart.seed}/{turn}/{project_id}".encode()).digest() for turn in turns]
    return unpack_from(f">{apart.devices}Q", b"".join(digests))


def _points(text: str) -> Sequence[int]:
    """The points that the text alone gives."""
    return unpack_from(f">{_POINTS}Q", blake2b(text.encode()).digest())
