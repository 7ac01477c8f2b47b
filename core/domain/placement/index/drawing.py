"""Draws a tenant's devices, where tenants are kept apart (shuffle sharding)."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from struct import Struct

from core.domain.service_type import Apart

_EIGHT = Struct(">8Q")
"""A hash costs little less for one point than for eight."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A tenant's devices, and their slots."""

    device_ids: frozenset[str]
    slots: tuple[int, ...]


class Ring:
    """Devices, given with their slots, in an order that their ids alone give.

    A tenant draws points and takes the device that follows each. A device that comes or goes
    changes the draw of few tenants, and each draw by one device.
    """

    def __init__(self, devices: Iterable[tuple[str, int]]) -> None:
        placed = sorted((_points(device_id)[0], device_id, slot) for device_id, slot in devices)
        self._points = [point for point, _, _ in placed]
        self._ids = [device_id for _, device_id, _ in placed]
        self._slots = [slot for _, _, slot in placed]
        self._drawn: dict[tuple[Apart, str], Drawn] = {}

    def draw(self, apart: Apart, project_id: str) -> Drawn:
        """The tenant's devices: `apart.devices` of them, or all when there are no more."""
        known = self._drawn.get((apart, project_id))
        if known is None:
            places = self._places(apart, project_id)
            known = self._drawn[apart, project_id] = Drawn(
                frozenset([self._ids[at] for at in places]),
                tuple([self._slots[at] for at in places]),
            )
        return known

    def _places(self, apart: Apart, project_id: str) -> Iterable[int]:
        """Where the tenant's devices are in the order."""
        ring, number, wanted = self._points, len(self._points), apart.devices
        if number <= wanted:
            return range(number)
        drawn: set[int] = set()
        turn = 0
        while len(drawn) < wanted:
            points = _points(f"{apart.seed}/{turn}/{project_id}")
            for point in points[: wanted - len(drawn)]:
                at = bisect_left(ring, point) % number
                while at in drawn:
                    at = (at + 1) % number
                drawn.add(at)
            turn += 1
        return drawn


def _points(text: str) -> tuple[int, ...]:
    """Eight points that the text alone gives."""
    return _EIGHT.unpack(blake2b(text.encode()).digest())
