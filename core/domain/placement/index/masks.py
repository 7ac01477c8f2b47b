"""What the whole fleet is to a request, as sets of devices."""

from dataclasses import dataclass

from core.domain.addresses import overlap
from core.domain.placement.index.bits import Mask
from core.domain.placement.index.drawing import Drawn
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.request import PlacementRequest


@dataclass(frozen=True, slots=True)
class Masks:
    """`attached` are the devices by how many of the request's networks they are on: none, one,
    two... `overlap` are those that certainly have a range in another network that overlaps; of
    the `doubtful` only the rules can tell. `standby` is the device that holds the other half of
    the pair, `outside` those that were not drawn for the tenant.
    """

    attached: list[Mask]
    overlap: Mask
    doubtful: Mask
    standby: Mask
    outside: Mask


def masks_for(fleet: Fleet, request: PlacementRequest, drawn: Drawn | None) -> Masks:
    """The sets for one request."""
    overlapping, doubtful = _overlapping(fleet, request)
    avoid = request.avoid_device_id
    return Masks(
        attached=_attached(fleet, request),
        overlap=overlapping,
        doubtful=doubtful,
        standby=0 if avoid is None else fleet.mask_of([avoid]),
        outside=0 if drawn is None else fleet.all ^ drawn.mask,
    )


def overlaps_itself(request: PlacementRequest) -> bool:
    """Whether networks of the request overlap each other."""
    needs = request.requirements.networks
    return any(
        need.network_id != other.network_id and overlap(need.cidr, other.cidr)
        for position, need in enumerate(needs)
        for other in needs[:position]
    )


def _attached(fleet: Fleet, request: PlacementRequest) -> list[Mask]:
    found = [fleet.all]
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
    if len(needs) > 1 and overlaps_itself(request):
        certain |= fleet.all ^ fleet.places.isolating
    return certain, doubtful & ~certain
