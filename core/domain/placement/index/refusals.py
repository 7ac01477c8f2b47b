"""What the rules of room have against devices, found for each kind of refusal rather than for each
device: most devices of a full fleet lack the same amounts."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from operator import add

from core.domain.binding import NetworkNeed
from core.domain.placement.index.bits import Mask, lowest, slots_of
from core.domain.placement.index.look import Look
from core.domain.placement.index.rooms import Limit, Room
from core.domain.placement.reasons import Reason
from core.domain.placement.request import PlacementRequest
from core.domain.placement.rules import (
    Rule,
    apart_from_standby,
    limit_reached,
    no_overlap,
    overlapping,
    within_subset,
)

Found = list[tuple[Reason, ...]]
"""What is known against the device in each slot."""


def refuse_for_room(look: Look, found: Found) -> None:
    """Add what the rules of room say, one after the other in their order."""
    _limits(look, found)
    _overlap(look, found)
    _standby(look, found)
    _outside(look, found)


def _limits(look: Look, found: Found) -> None:
    """The limits that are too low, one resource after the other as they are asked for."""
    openings, number = look.plan.openings, look.number
    for room, amount in openings.room:
        _short(look, room, amount, found)
    if not number:
        return
    vlans = openings.vlans
    near = [(slot, on, found[slot]) for slot, on in attached(look).items()]
    _short(look, vlans, number, found)
    fewer = [_Lacking(number - on) for on in range(number + 1)]
    for slot, on, before in near:
        found[slot] = before + fewer[on][vlans.left[slot], vlans.limits[slot]]


def _short(look: Look, room: Room, amount: int, found: Found) -> None:
    """The devices that have less than this amount left."""
    threshold, left, limits = room.threshold(amount), room.left, room.limits
    lacking = _Lacking(amount)
    short = look.fleet.all & ~threshold.mask
    if threshold.amount == amount and 2 * short.bit_count() < len(left):
        for slot in slots_of(short):
            found[slot] += lacking[left[slot], limits[slot]]
        return
    # There may be vacant slots behind those that are measured.
    kinds = zip(left, limits, strict=True)
    found[: len(left)] = map(add, found, map(lacking.__getitem__, kinds))


class _Lacking(dict[tuple[int, Limit | None], tuple[Reason, ...]]):
    """By what devices have left of which limit, the refusal of those that have less than `amount`;
    devices of a full fleet share few of them."""

    def __init__(self, amount: int) -> None:
        super().__init__()
        self._amount = amount

    def __missing__(self, kind: tuple[int, Limit | None]) -> tuple[Reason, ...]:
        left, limited = kind
        resource, limit = limited or ("", None)
        reasons: tuple[Reason, ...] = ()
        if limit is not None and left < self._amount > 0:
            reasons = (limit_reached(resource, self._amount, limit - left, limit),)
        self[kind] = reasons
        return reasons


def _overlap(look: Look, found: Found) -> None:
    rivals = look.rivals
    if not rivals.by_need:
        _judged(look, look.asked, no_overlap, slots_of(rivals.of_any), found)
        return
    for need, mask in zip(look.asked.requirements.networks, rivals.by_need, strict=True):
        if mask:
            _overlap_with(look, need, mask, found)


def _overlap_with(look: Look, need: NetworkNeed, rivals: Mask, found: Found) -> None:
    """The devices whose ranges overlap that of one network of the request."""
    places = look.fleet.places
    certain, doubtful = places.conflicts(need, rivals)
    suspects, owners = set(slots_of(certain | doubtful)), places.owners(need.cidr)
    if len(owners) > 2 * len(suspects):
        needed = replace(look.asked.requirements, networks=(need,))
        _judged(look, replace(look.asked, requirements=needed), no_overlap, suspects, found)
        return
    for owned in owners:
        slots = places.users(owned, suspects)
        if slots and owned[1] != need.network_id:
            reasons = (overlapping(need.cidr, *owned),)
            for slot in slots:
                found[slot] += reasons


def _standby(look: Look, found: Found) -> None:
    avoid = look.asked.avoid_device_id
    if avoid is not None:
        _judged(look, look.asked, apart_from_standby, slots_of(look.fleet.mask_of([avoid])), found)


def _outside(look: Look, found: Found) -> None:
    outside = look.outside
    if not outside:
        return
    # It looks at nothing about the device but whether it was drawn.
    reasons = tuple(within_subset(look.request, look.fleet.host(lowest(outside))))
    for slot in slots_of(outside):
        found[slot] += reasons


def _judged(
    look: Look, request: PlacementRequest, rule: Rule, suspects: Iterable[int], found: Found
) -> None:
    hosts = look.fleet.hosts
    for slot in suspects:
        host = hosts[slot]
        if host is not None:
            found[slot] += tuple(rule(request, host))


def attached(look: Look) -> Mapping[int, int]:
    """The devices on some of the networks, by how many."""
    if look.near is not None:
        return look.near
    return {
        slot: number
        for number, mask in enumerate(look.attached)
        if number
        for slot in slots_of(mask)
    }
