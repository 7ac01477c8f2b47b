"""Draws a tenant's devices, where tenants are kept apart (shuffle sharding)."""

from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b

from core.domain.service_type import Apart


class Ring:
    """Devices in an order that their ids alone give.

    A tenant draws points and takes the device that follows each. A device that comes or goes
    changes the draw of few tenants, and each draw by one device.
    """

    def __init__(self, device_ids: Iterable[str]) -> None:
        self._devices = sorted((_point(device_id), device_id) for device_id in device_ids)
        self._drawn: dict[tuple[Apart, str], frozenset[str]] = {}

    def draw(self, apart: Apart, project_id: str) -> frozenset[str]:
        """The tenant's devices: `apart.devices` of them, or all when there are no more."""
        known = self._drawn.get((apart, project_id))
        if known is None:
            known = self._drawn[apart, project_id] = self._draw(apart, project_id)
        return known

    def _draw(self, apart: Apart, project_id: str) -> frozenset[str]:
        number = len(self._devices)
        if number <= apart.devices:
            return frozenset(device_id for _, device_id in self._devices)
        drawn: set[str] = set()
        for turn in range(apart.devices):
            at = bisect_left(self._devices, (_point(f"{apart.seed}/{turn}/{project_id}"), ""))
            while self._devices[at % number][1] in drawn:
                at += 1
            drawn.add(self._devices[at % number][1])
        return frozenset(drawn)


def _point(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
