"""Addresses are taken for VIPs before these are stored, and must not be lost when they are not."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.ports.clock import Clock
from core.ports.ipam import Ipam
from core.ports.store import Store
from core.usecases.loadbalancing.deployments import services_by_id


@dataclass(frozen=True, slots=True)
class ReleaseOrphanAddresses:
    """Gives back what processes that died had reserved for VIPs that they never stored.

    `older_than` (seconds) must exceed the time that creating a VIP can take.
    """

    store: Store
    ipam: Ipam
    clock: Clock
    older_than: float = 600.0

    def __call__(self) -> int:
        """Release them; return how many. Raises WiringFailure."""
        limit = self.clock.now() - self.older_than
        reserved = self.ipam.reservations()
        old = [each.owner for each in reserved if each.reserved_at < limit]
        return give_back(self.store, self.ipam, old)


def give_back(store: Store, ipam: Ipam, owners: Sequence[str]) -> int:
    """Release the addresses of those owners that are no stored services; return how many.

    The store is asked because a commit that seemed to fail may have succeeded.
    """
    with store.read() as work:
        stored = services_by_id(work, owners)
    orphans = [owner for owner in owners if owner not in stored]
    for owner in orphans:
        ipam.release_address(owner)
    return len(orphans)
