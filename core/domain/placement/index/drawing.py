"""Draws a tenant's devices, where tenants are kept apart (shuffle sharding)."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from struct import Struct

from core.domain.placement.index.bits import Mask, mask_of
from core.domain.service_type import Apart

_EIGHT = Struct(">8Q")
"""A hash costs little less for one point than for eight."""

_MOST_DRAWN = 8192


@dataclass(slots=True)
class Drawn:
    """A tenant's devices, by the names that `names` gives to slots."""

    slots: Sequence[int]
    names: Mapping[int, str] = field(repr=False)
    _mask: Mask | None = field(default=None, init=False, repr=False)
    _device_ids: frozenset[str] | None = field(default=None, init=False, repr=False)

    @property
    def mask(self) -> Mask:
        """The slots as a set."""
        if self._mask is None:
            self._mask = mask_of(self.slots)
        return self._mask

    @property
    def device_ids(self) -> frozenset[str]:
        """The devices' ids."""
        if self._device_ids is None:
            self._device_ids = frozenset(self.names[slot] for slot in self.slots)
        return self._device_ids


class Ring:
    """Devices, given with their slots, in an order that their ids alone give.

    A tenant draws points and takes the device that follows each. A device that comes or goes
    changes the draw of few tenants, and each draw by one device.
    """

    def __init__(self, devices: Iterable[tuple[str, int]]) -> None:
        names = self._names = {slot: device_id for device_id, slot in devices}
        placed = sorted((_points(names[slot])[0], names[slot], slot) for slot in names)
        number = self._number = len(placed)
        # Draws jump about in these, and numbers in lists would lie elsewhere once more.
        self._points = array("Q", (point for point, _, _ in placed))
        self._slots = array("I", (slot for _, _, slot in placed))
        self._shift = 64 - number.bit_length()
        self._begins = array(
            "I",
            (
                bisect_left(self._points, begin << self._shift)
                for begin in range(1 << number.bit_length())
            ),
        )
        """By the first bits of a point, where to begin to look for the device that follows."""
        self._drawn: dict[tuple[Apart, str], Drawn] = {}

    def draw(self, apart: Apart, project_id: str) -> Drawn:
        """The tenant's devices: `apart.devices` of them, or all when there are no more."""
        known = self._drawn.get((apart, project_id))
        if known is None:
            if len(self._drawn) >= _MOST_DRAWN:
                self._drawn.clear()
            slots = self._slots_of(apart, project_id)
            known = self._drawn[apart, project_id] = Drawn(slots, self._names)
        return known

    def _slots_of(self, apart: Apart, project_id: str) -> Sequence[int]:
        number, wanted = self._number, apart.devices
        if number <= wanted:
            return self._slots
        ring, begins, shift = self._points, self._begins, self._shift
        drawn: dict[int, None] = {}
        turn = 0
        while len(drawn) < wanted:
            points = _points(f"{apart.seed}/{turn}/{project_id}")
            for point in points[: wanted - len(drawn)]:
                at = begins[point >> shift]
                while at < number and ring[at] < point:
                    at += 1
                at %= number
                while at in drawn:
                    at = (at + 1) % number
                drawn[at] = None
            turn += 1
        return array("I", [self._slots[at] for at in drawn])


def _points(text: str) -> tuple[int, ...]:
    """Eight points that the text alone gives."""
    return _EIGHT.unpack(blake2b(text.encode()).digest())
