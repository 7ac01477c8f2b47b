"""What the rules of room have against devices, found for each kind of refusal rather than for each
device: most devices of a full fleet lack the same amounts."""

from collections.abc import Iterable, Iterator, Mapping

from core.domain.placement.index.bits import slots_of
from core.domain.placement.index.look import Look
from core.domain.placement.index.rooms import NOTHING, Room
from core.domain.placement.reasons import Reason
from core.domain.placement.rules import (
    Rule,
    apart_from_standby,
    limit_reached,
    no_overlap,
    within_subset,
)

Refusals = Mapping[int, tuple[Reason, ...]]
"""By slot, what rules have against the device."""


def refusals_for_room(look: Look) -> Iterator[Refusals]:
    """What the rules of room say, one after the other in their order."""
    yield from _limits(look)
    yield _overlap(look)
    yield _standby(look)
    yield _outside(look)


def _limits(look: Look) -> Iterator[Refusals]:
    """The limits that are too low, one resource after the other as they are asked for."""
    openings, number = look.plan.openings, look.number
    for room, amount in openings.room:
        yield _short(look, room, amount)
    if not number:
        return
    vlans = openings.vlans
    short = dict(_short(look, vlans, number))
    for slot, on in attached(look).items():
        if slot in short:
            del short[slot]
            if vlans.left[slot] < number - on > 0:
                short[slot] = _lacking(vlans, slot, number - on)
    yield short


def _short(look: Look, room: Room, amount: int) -> Refusals:
    """The devices that have less than this amount left."""
    threshold, left, limits = room.threshold(amount), room.left, room.limits
    slots = list(slots_of(look.fleet.all & ~threshold.mask))
    if threshold.amount != amount:
        slots = [slot for slot, has in enumerate(left) if NOTHING < has < amount]
    kinds = [(left[slot], limits[slot]) for slot in slots]
    one_of = dict(zip(kinds, slots, strict=True))
    reasons = {kind: _lacking(room, slot, amount) for kind, slot in one_of.items()}
    return dict(zip(slots, map(reasons.__getitem__, kinds), strict=True))


def _lacking(room: Room, slot: int, amount: int) -> tuple[Reason, ...]:
    """The refusal of the device in a slot, whose limit has no room for this amount."""
    resource, limit = room.limits[slot] or ("", 0)
    return (limit_reached(resource, amount, (limit or 0) - room.left[slot], limit or 0),)


def _overlap(look: Look) -> Refusals:
    if look.near is None:
        suspects = look.masks.overlap | look.masks.doubtful
        return _judged(look, no_overlap, slots_of(suspects))
    many, few = look.rivals
    return _judged(look, no_overlap, few.union(slots_of(many)))


def _standby(look: Look) -> Refusals:
    return _judged(look, apart_from_standby, slots_of(look.masks.standby))


def _outside(look: Look) -> Refusals:
    slots = list(slots_of(look.masks.outside))
    if not slots:
        return {}
    # It looks at nothing about the device but whether it was drawn.
    return dict.fromkeys(slots, tuple(within_subset(look.request, look.fleet.host(slots[0]))))


def _judged(look: Look, rule: Rule, suspects: Iterable[int]) -> Refusals:
    request, hosts = look.request, look.fleet.hosts
    found = {}
    for slot in suspects:
        host = hosts[slot]
        reasons = rule(request, host) if host is not None else ()
        if reasons:
            found[slot] = tuple(reasons)
    return found


def attached(look: Look) -> Mapping[int, int]:
    """The devices on some of the networks, by how many."""
    if look.near is not None:
        return look.near
    return {
        slot: number
        for number, mask in enumerate(look.masks.attached)
        if number
        for slot in slots_of(mask)
    }
