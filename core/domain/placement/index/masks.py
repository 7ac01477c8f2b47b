"""What the whole fleet is to a request, as sets of devices."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.addresses import overlap
from core.domain.placement.index.bits import Mask
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.request import PlacementRequest


@dataclass(slots=True)
class Rivals:
    """The devices that have a range, in whatever network, that overlaps one of the request's, and
    do not keep them apart: for each of its networks, unless these overlap each other."""

    by_need: Sequence[Mask]
    of_any: Mask


@dataclass(slots=True)
class Conflicts:
    """The devices with a range in another network that overlaps one of the request's: `certain`
    are those that have one, of the `doubtful` only the rules can tell."""

    certain: Mask
    doubtful: Mask


def attached(fleet: Fleet, request: PlacementRequest) -> list[Mask]:
    """The devices by how many of the request's networks they are on: none, one, two..."""
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


def rivals(fleet: Fleet, request: PlacementRequest) -> Rivals:
    """What has overlapping addresses and cannot keep them apart."""
    needs, places = request.requirements.networks, fleet.places
    if len(needs) > 1 and _overlaps_itself(request):
        return Rivals((), fleet.all ^ places.isolating)
    by_need = [places.rivals(need.cidr) for need in needs]
    of_any = 0
    for mask in by_need:
        of_any |= mask
    return Rivals(by_need, of_any)


def conflicts(fleet: Fleet, request: PlacementRequest, rivals: Rivals) -> Conflicts:
    """What overlaps the addresses of one request, of which these are the rivals."""
    if not rivals.by_need:
        return Conflicts(rivals.of_any, 0)
    certain, doubtful = 0, 0
    for need, mask in zip(request.requirements.networks, rivals.by_need, strict=True):
        sure, perhaps = fleet.places.conflicts(need, mask)
        certain |= sure
        doubtful |= perhaps
    return Conflicts(certain, doubtful ^ (doubtful & certain))


def _overlaps_itself(request: PlacementRequest) -> bool:
    """Whether networks of the request overlap each other."""
    needs = request.requirements.networks
    return any(
        need.network_id != other.network_id and overlap(need.cidr, other.cidr)
        for position, need in enumerate(needs)
        for other in needs[:position]
    )
