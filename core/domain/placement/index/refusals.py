"""What the rules of room have against devices, found for each kind of refusal rather than for each
device: most devices of a full fleet lack the same amounts."""

from collections.abc import Iterable, Mapping

from core.domain.placement.index.bits import lowest, slots_of
from core.domain.placement.index.look import Look
from core.domain.placement.index.rooms import NOTHING, Limit, Room
from core.domain.placement.reasons import Reason
from core.domain.placement.rules import (
    Rule,
    apart_from_standby,
    limit_reached,
    no_overlap,
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
    for slot, on, before in near:
        found[slot] = before
        if vlans.left[slot] < number - on > 0:
            found[slot] += _lacking(vlans, slot, number - on)


def _short(look: Look, room: Room, amount: int, found: Found) -> None:
    """The devices that have less than this amount left."""
    threshold, left, limits = room.threshold(amount), room.left, room.limits
    slots: Iterable[int] = slots_of(look.fleet.all & ~threshold.mask)
    if threshold.amount != amount:
        slots = [slot for slot, has in enumerate(left) if NOTHING < has < amount]
    known: dict[tuple[int, Limit | None], tuple[Reason, ...]] = {}
    for slot in slots:
        kind = (left[slot], limits[slot])
        reasons = known.get(kind)
        if reasons is None:
            reasons = known[kind] = _lacking(room, slot, amount)
        found[slot] += reasons


def _lacking(room: Room, slot: int, amount: int) -> tuple[Reason, ...]:
    """The refusal of the device in a slot, whose limit has no room for this amount."""
    resource, limit = room.limits[slot] or ("", 0)
    return (limit_reached(resource, amount, (limit or 0) - room.left[slot], limit or 0),)


def _overlap(look: Look, found: Found) -> None:
    conflicts = look.conflicts
    _judged(look, no_overlap, slots_of(conflicts.certain | conflicts.doubtful), found)


def _standby(look: Look, found: Found) -> None:
    avoid = look.asked.avoid_device_id
    if avoid is not None:
        _judged(look, apart_from_standby, slots_of(look.fleet.mask_of([avoid])), found)


def _outside(look: Look, found: Found) -> None:
    outside = look.outside
    if not outside:
        return
    # It looks at nothing about the device but whether it was drawn.
    reasons = tuple(within_subset(look.request, look.fleet.host(lowest(outside))))
    for slot in slots_of(outside):
        found[slot] += reasons


def _judged(look: Look, rule: Rule, suspects: Iterable[int], found: Found) -> None:
    request, hosts = look.request, look.fleet.hosts
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
