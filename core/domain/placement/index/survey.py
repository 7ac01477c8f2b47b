"""Tells of every device why it was not chosen, or counts the reasons."""

from collections.abc import Sequence
from itertools import repeat

from core.domain.placement.index.bits import slots_of
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
    fleet, against = look.fleet, look.plan.against
    reasons = list(map(against.get, fleet.classes, repeat(())))
    refuse_for_room(look, reasons)
    totals = repeat(0) if all(reasons) else _totals(look, reasons)
    found = list(zip(fleet.hosts, reasons, totals, strict=False))
    if len(found) > len(fleet):
        found = [each for each in found if each[0] is not None]
    return found  # type: ignore[return-value]  # vacant slots are left out


def _totals(look: Look, reasons: Sequence[tuple[Reason, ...]]) -> list[int]:
    """The points of the device in each slot; 0 where there are reasons against it."""
    worth = {each: terms.points for each, terms in look.plan.standing.items()}
    standing = map(worth.get, look.fleet.classes, repeat(0))
    return [
        0 if why else points + more
        for why, points, more in zip(reasons, standing, _points(look), strict=False)
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
    counts = {
        **look.plan.refused,
        _SHORT: _short(look),
        _OVERLAP: _overlapping(look),
        _STANDBY: int(avoid is not None and fleet.get(avoid) is not None),
        _OUTSIDE: 0 if look.drawn is None else len(fleet) - look.drawn.mask.bit_count(),
    }
    return {code: counts[code] for code in _CODES if counts.get(code)}


def _short(look: Look) -> int:
    """The devices that lack something. Those on some of the networks lack fewer VLANs."""
    if not look.far.exact:
        return _judged_short(look)
    openings, number, far = look.plan.openings, look.number, look.far.roomy
    short = len(look.fleet) - far.bit_count()
    for on in range(1, number + 1):
        roomy = look.attached[on] & openings.opening(number - on).roomy
        short -= (roomy ^ (roomy & far)).bit_count()
    return short


def _judged_short(look: Look) -> int:
    """The same where sets may hold devices that have too little."""
    openings, number, short = look.plan.openings, look.number, 0
    for on, devices in enumerate(look.attached):
        if devices:
            roomy = devices & openings.opening(number - on).roomy
            short += (devices ^ roomy).bit_count()
            short += sum(
                bool(limits(look.request, look.fleet.host(one))) for one in slots_of(roomy)
            )
    return short


def _overlapping(look: Look) -> int:
    certain, doubtful = look.conflicts.certain, look.conflicts.doubtful
    return certain.bit_count() + sum(
        bool(no_overlap(look.request, look.fleet.host(slot))) for slot in slots_of(doubtful)
    )
