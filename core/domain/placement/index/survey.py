"""Tells of every device why it was not chosen, or counts the reasons."""

from core.domain.placement.index.bits import Mask, slots_of
from core.domain.placement.index.look import Look
from core.domain.placement.index.refusals import attached, refuse_for_room
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.request import Candidate
from core.domain.placement.rules import limits, no_overlap

Finding = tuple[Candidate, tuple[Reason, ...], int]
"""A device, the reasons against it, and its points, which count only without reasons. A
driver's own score is taken as full marks."""

# Plain text is a much faster key than an enumerator.
_CODES = tuple(code.value for code in ReasonCode)
_SHORT = ReasonCode.LIMIT_REACHED.value
_OVERLAP = ReasonCode.OVERLAPPING_ADDRESSES.value
_STANDBY = ReasonCode.SAME_AS_STANDBY.value
_OUTSIDE = ReasonCode.OUTSIDE_SUBSET.value


def survey(look: Look) -> list[Finding]:
    """Every device, in order of registration."""
    fleet, against, standing = look.fleet, look.plan.against, look.plan.standing
    none: tuple[Reason, ...] = ()
    reasons = [against.get(each, none) for each in fleet.classes]
    refuse_for_room(look, reasons)
    worth = {each: terms.points for each, terms in standing.items()}
    return [
        (host, why, 0) if why else (host, none, worth[each] + points)
        for host, why, each, points in zip(
            fleet.hosts, reasons, fleet.classes, _points(look), strict=False
        )
        if host is not None
    ]


def _points(look: Look) -> list[int]:
    """The points of state and wiring of the device in each slot."""
    plan, number = look.plan, look.number
    far = plan.worth(number, 0)
    points = [state + far for state in plan.ranking(number).points]
    home, near = set(slots_of(look.home)), attached(look)
    for slot in home.union(near):
        on = near.get(slot, 0)
        worth = plan.worth(number, on, at_home=slot in home)
        points[slot] = worth + plan.ranking(number - on).points[slot]
    return points


def tally(look: Look) -> dict[str, int]:
    """How many devices each kind of reason refuses: what `survey` would count."""
    fleet, avoid = look.fleet, look.asked.avoid_device_id
    near = look.near
    counts = {
        **look.plan.refused,
        _SHORT: _short(look) if near is None else _short_with(look, near),
        _OVERLAP: _overlapping(look) if near is None else _overlapping_with(look, near),
        _STANDBY: int(avoid is not None and fleet.get(avoid) is not None),
        _OUTSIDE: 0 if look.drawn is None else len(fleet) - len(look.drawn.slots),
    }
    return {code: counts[code] for code in _CODES if counts.get(code)}


def _short_with(look: Look, near: dict[int, int]) -> int:
    """The devices that lack something. Those near lack a VLAN less than others."""
    number, has_room = look.number, look.plan.openings.has_room
    short = len(look.fleet) - look.far.roomy.bit_count()
    for slot, on in near.items():
        if not has_room(slot, number) and has_room(slot, number - on):
            short -= 1
    return short


def _overlapping_with(look: Look, near: dict[int, int]) -> int:
    """The devices with addresses that overlap; of those near only the rules can tell."""
    many, few = look.rivals
    if not many and not few:
        return 0
    overlaps, host_in = look.overlaps, look.fleet.host
    found = many.bit_count()
    if many:
        few = {slot for slot in few if not many >> slot & 1}
    found += len(few)
    for slot in near:
        if slot in few or many >> slot & 1:
            found -= not overlaps(slot, host_in(slot))
    return found


def _short(look: Look) -> int:
    """The same where nobody is near, or where sets may hold devices that have too little."""
    number, openings = look.number, look.plan.openings
    short = 0
    for on, mask in enumerate(look.masks.attached):
        if mask:
            opening = openings.opening(number - on)
            roomy = mask & opening.roomy
            short += (mask ^ roomy).bit_count()
            if not opening.exact:
                short += _judged_short(look, roomy)
    return short


def _judged_short(look: Look, roomy: Mask) -> int:
    return sum(bool(limits(look.request, look.fleet.host(slot))) for slot in slots_of(roomy))


def _overlapping(look: Look) -> int:
    doubtful = slots_of(look.masks.doubtful)
    return look.masks.overlap.bit_count() + sum(
        bool(no_overlap(look.request, look.fleet.host(slot))) for slot in doubtful
    )
