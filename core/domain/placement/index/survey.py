"""Tells of every device why it was not chosen, at little more than the price of the refused."""

from collections.abc import Mapping

from core.domain.placement.index.bits import Mask, slots_of
from core.domain.placement.index.look import Look
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.request import Candidate
from core.domain.placement.rules import (
    ROOM_RULES,
    STANDING_RULES,
    Rule,
    apart_from_standby,
    check,
    limits,
    no_overlap,
    within_subset,
)
from core.domain.placement.scores import Wiring, wiring_of

# Plain text is a much faster key than an enumerator.
_CODES = tuple(code.value for code in ReasonCode)
_SHORT = ReasonCode.LIMIT_REACHED.value
_OVERLAP = ReasonCode.OVERLAPPING_ADDRESSES.value
_STANDBY = ReasonCode.SAME_AS_STANDBY.value
_OUTSIDE = ReasonCode.OUTSIDE_SUBSET.value

Finding = tuple[Candidate, tuple[Reason, ...], int]
"""A device, the reasons against it, and its points, which count only without reasons. A
driver's own score is taken as full marks."""


def survey(look: Look) -> list[Finding]:
    """Every device, in order of registration."""
    fleet, request, plan = look.fleet, look.request, look.plan
    suspects = _suspects(look)
    refused = {
        number: check(request, each.sample, STANDING_RULES) for number, each in plan.classes.items()
    }
    points = {number: terms.points for number, terms in plan.standing.items()}
    near = _near(look)
    number_of_networks = len(request.network_ids)
    far = plan.wiring(Wiring(number_of_networks, 0, at_home=False)).points
    unwired = (plan.opening if number_of_networks else plan.wired).points
    found: list[Finding] = []
    for slot, host, number in fleet.entries():
        reasons = refused[number]
        for rule, slots in suspects:
            if slot in slots:
                reasons += tuple(rule(request, host))
        if reasons:
            found.append((host, reasons, 0))
        elif slot not in near:
            found.append((host, (), points[number] + unwired[slot] + far))
        else:
            wiring = wiring_of(request, host)
            state = plan.wired if wiring.attached == wiring.needed else plan.opening
            total = points[number] + state.points[slot] + plan.wiring(wiring).points
            found.append((host, (), total))
    return found


def tally(look: Look) -> dict[str, int]:
    """How many devices each kind of reason refuses: what `survey` would count."""
    fleet, request = look.fleet, look.request
    roomy = _roomy(look)
    short = (fleet.all ^ roomy).bit_count()
    if not look.exact:
        short += sum(bool(limits(request, fleet.host(slot))) for slot in slots_of(roomy))
    overlap = look.overlap.bit_count()
    if look.doubtful:
        doubtful = slots_of(look.doubtful)
        overlap += sum(bool(no_overlap(request, fleet.host(slot))) for slot in doubtful)
    counts = {
        **look.plan.refused,
        _SHORT: short,
        _OVERLAP: overlap,
        _STANDBY: look.standby.bit_count(),
        _OUTSIDE: look.outside.bit_count(),
    }
    return {code: counts[code] for code in _CODES if counts.get(code)}


def _suspects(look: Look) -> list[tuple[Rule, set[int]]]:
    """The rules of room, each with the devices that it may refuse."""
    by_rule: Mapping[Rule, Mask] = {
        limits: look.fleet.all ^ _roomy(look) if look.exact else look.fleet.all,
        no_overlap: look.overlap | look.doubtful,
        apart_from_standby: look.standby,
        within_subset: look.outside,
    }
    return [(rule, set(slots_of(by_rule[rule]))) for rule in ROOM_RULES if by_rule[rule]]


def _roomy(look: Look) -> Mask:
    """The devices that are short of nothing."""
    roomy = 0
    for mask in look.roomy:
        roomy |= mask
    return roomy


def _near(look: Look) -> set[int]:
    """The devices on one of the networks or with the tenant."""
    near = look.fleet.places.with_tenant.mask(look.request.project_id)
    for network in look.request.network_ids:
        near |= look.fleet.places.on_network.mask(network)
    return set(slots_of(near))
