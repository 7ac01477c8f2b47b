"""What the rules of room have against devices, asked for each kind of refusal rather than for each
device: most devices of a full fleet lack the same amounts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from core.domain.placement.index.bits import Mask, slots_of
from core.domain.placement.index.look import Look
from core.domain.placement.index.rooms import Room
from core.domain.placement.reasons import Reason
from core.domain.placement.rules import (
    Rule,
    apart_from_standby,
    no_overlap,
    short_of,
    within_subset,
)

Refusals = dict[int, tuple[Reason, ...]]
"""By slot, what the rules of room have against the device."""

_Column = Iterable[tuple[int, Sequence[Reason]]]
"""What one of these rules has against devices, by slot."""


def refusals_for_room(look: Look) -> Refusals:
    """What the rules of room say, in their order."""
    found: Refusals = {}
    for column in (*_limits(look), _overlap(look), _standby(look), _outside(look)):
        for slot, reasons in column:
            known = found.get(slot)
            found[slot] = tuple(reasons) if known is None else (*known, *reasons)
    return found


def _limits(look: Look) -> Iterator[_Column]:
    """The limits that are too low, one resource after the other as they are asked for."""
    openings = look.plan.openings
    for room, amount in openings.room:
        yield _short(look, room, {}, amount)
    if look.number:
        yield _short(look, openings.vlans, attached(look), look.number)


def _short(look: Look, room: Room, attached: Mapping[int, int], amount: int) -> _Column:
    """The devices that have less than this amount left; those that have as many networks
    attached already need less."""
    known: dict[object, Sequence[Reason]] = {}
    found = []
    for slot in [slot for slot, left in enumerate(room.left) if left < amount]:
        host = look.fleet.hosts[slot]
        if host is None:
            continue
        wanted = amount - attached.get(slot, 0)
        resource = room.resource_of(host)
        kind = (resource, wanted, host.used.get(resource), host.limits.get(resource))
        reasons = known.get(kind)
        if reasons is None:
            reason = short_of(resource, wanted, host, {resource: room.percent})
            reasons = known[kind] = () if reason is None else (reason,)
        if reasons:
            found.append((slot, reasons))
    return found


def _overlap(look: Look) -> _Column:
    if look.near is None:
        suspects = slots_of(look.masks.overlap | look.masks.doubtful)
    else:
        many, few = look.rivals
        suspects = chain(slots_of(many), [slot for slot in few if not many >> slot & 1])
    return ((slot, no_overlap(look.request, look.fleet.host(slot))) for slot in suspects)


def _standby(look: Look) -> _Column:
    return _judged(look, apart_from_standby, look.masks.standby)


def _outside(look: Look) -> _Column:
    return _judged(look, within_subset, look.masks.outside)


def _judged(look: Look, rule: Rule, suspects: Mask) -> _Column:
    return ((slot, rule(look.request, look.fleet.host(slot))) for slot in slots_of(suspects))


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
