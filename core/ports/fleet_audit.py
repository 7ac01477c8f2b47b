"""Port: the books of devices beside what the bindings come to, for checking and mending them."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from core.domain.consistency import ClaimTotals, DeviceBooks, Fault


class FleetAudit(Protocol):
    """Looks at what is stored as it is, not as it should be."""

    def books(self, device_ids: Iterable[str]) -> Mapping[str, DeviceBooks]:
        """The books of these devices; those of which nothing is stored are left out."""

    def totals(self, device_ids: Iterable[str]) -> Mapping[str, ClaimTotals]:
        """What the bindings on these devices come to; devices without any are left out."""

    def strays(self, fault: Fault, limit: int) -> list[str]:
        """Ids of up to `limit` devices, services or reservations with this fault, which is one
        of STRAYS, in order of the ids."""

    def rewrite(self, device_id: str, books: DeviceBooks) -> None:
        """Replace all that is stored of a device's counters, limits and networks."""
