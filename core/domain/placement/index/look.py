"""One request held against one fleet: the sets from which every answer is made."""

from dataclasses import replace

from core.domain.addresses import overlap
from core.domain.placement.index.bits import Mask
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.request import PlacementRequest


class Look:
    """What the fleet is to a request, until either changes. Where tenants are kept apart, the
    tenant's devices are drawn here, and `request` has them.

    `attached` are the devices with enough of everything but VLANs, by how many of the request's
    networks they are on: none, one, two... `roomy` is the same without those that are short of
    VLANs. `overlap` are the devices that certainly have a range in another network that
    overlaps; of the `doubtful` only the rules can tell.
    """

    __slots__ = ("attached", "doubtful", "exact", "fleet", "overlap", "plan", "request", "roomy")

    def __init__(self, fleet: Fleet, request: PlacementRequest) -> None:
        subset = fleet.subset(request)
        if subset is not None:
            request = replace(request, subset=subset)
        self.fleet = fleet
        self.request = request
        self.plan = plan = fleet.plan(request)
        enough = fleet.all
        self.exact = True
        """Whether no mask holds devices that have less than what is asked for."""
        for room, amount in plan.room:
            enough &= room.at_least(amount)
            self.exact = self.exact and room.is_exact(amount)
        self.attached = _split(fleet, request, enough)
        number = len(request.network_ids)
        self.roomy = [
            mask & plan.vlans.at_least(number - on) if mask and on < number else mask
            for on, mask in enumerate(self.attached)
        ]
        self.overlap, self.doubtful = _overlapping(fleet, request)

    @property
    def standby(self) -> Mask:
        """The device that holds the other half of the pair."""
        avoid = self.request.avoid_device_id
        return 0 if avoid is None else self.fleet.mask_of([avoid])

    @property
    def outside(self) -> Mask:
        """The devices that were not drawn for the tenant."""
        subset = self.request.subset
        return 0 if subset is None else self.fleet.all & ~self.fleet.mask_of(subset)


def _split(fleet: Fleet, request: PlacementRequest, enough: Mask) -> list[Mask]:
    found = [enough]
    for network in request.network_ids:
        on_it = fleet.places.on_network.mask(network)
        split = [0] * (len(found) + 1)
        for number, part in enumerate(found):
            both = part & on_it
            split[number] |= part ^ both
            split[number + 1] |= both
        found = split
    return found


def _overlapping(fleet: Fleet, request: PlacementRequest) -> tuple[Mask, Mask]:
    certain, doubtful = 0, 0
    needs = request.requirements.networks
    for need in needs:
        sure, perhaps = fleet.places.conflicts(need)
        certain |= sure
        doubtful |= perhaps
    if len(needs) > 1 and _overlaps_itself(request):
        certain |= fleet.all & ~fleet.places.isolating
    return certain, doubtful & ~certain


def _overlaps_itself(request: PlacementRequest) -> bool:
    """Whether networks of the request overlap each other."""
    needs = request.requirements.networks
    return any(
        need.network_id != other.network_id and overlap(need.cidr, other.cidr)
        for position, need in enumerate(needs)
        for other in needs[:position]
    )
