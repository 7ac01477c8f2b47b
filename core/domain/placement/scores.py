"""The scores: small functions from 0 (bad) to 1 (good), combined by a policy's weights.

Each belongs to one of three sorts, by what it may look at. That is what lets the fleet's
index find the best device without looking at every one, and still be exact.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.domain.binding import vlan_resource
from core.domain.device import VIPS, DeviceStatus
from core.domain.placement.decision import Term
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.service_type import Grouping, Policy, Preference, Strategy

STEPS = 128
"""Scores of a device's state are rounded to this many steps: devices that are all but equal
count as equal, and the oldest of them is taken."""

_LEAD = 0.36
"""How far VLANs should be ahead of VIPs, in shares of their limits."""

_EARLY = 0.1
"""The share of its VIPs from which on a device minds that lead in full."""

_DEAREST = 1.9
"""What a device costs at most, to bring `balance` between 0 and 1."""

_STEEPNESS = 4.0
"""How much more the last tenth of a limit costs than the first: e**4 over the whole range."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """How a device stands to a request: how many of the `needed` networks are `attached`, and
    whether it serves the tenant already."""

    needed: int
    attached: int
    at_home: bool


StandingScore = Callable[[PlacementRequest, Candidate], float]
"""Looks at what stands about the device, never at what is on it."""

StateScore = Callable[[Candidate, bool], float]
"""Looks at the device alone, what is on it included, and at whether a network would have to be
opened on it; at nothing else of the request."""

WiringScore = Callable[[Wiring], float]
"""Looks at how the device stands to the request's networks and tenant."""


def ready(_: PlacementRequest, candidate: Candidate) -> float:
    """Devices that run, before one that is still being made."""
    return 1.0 if candidate.device.status is DeviceStatus.ONLINE else 0.0


def private(request: PlacementRequest, candidate: Candidate) -> float:
    """The tenant's own devices before shared ones."""
    return 1.0 if candidate.device.project_id == request.project_id else 0.0


def driver_order(request: PlacementRequest, candidate: Candidate) -> float:
    """The service type's order of preference of drivers (R8)."""
    if candidate.device.driver not in request.drivers:
        return 0.0
    return 1.0 - request.drivers.index(candidate.device.driver) / len(request.drivers)


def physical(_: PlacementRequest, candidate: Candidate) -> float:
    """Appliances before processes and virtual machines (R9)."""
    return 1.0 if candidate.driver is not None and candidate.driver.physical else 0.0


def virtual(_: PlacementRequest, candidate: Candidate) -> float:
    """Processes and virtual machines before appliances (R9)."""
    return 1.0 if candidate.driver is not None and not candidate.driver.physical else 0.0


def balance(candidate: Candidate, opening: bool) -> float:  # noqa: FBT001 - a StateScore
    """How little a service costs the ones to come (docs/quality.md tells how it was found).

    VIPs fill up evenly over the devices. A network that is there is worth more the fuller
    the device, since another would have to be opened elsewhere. But a device whose VLANs are not
    well ahead of its VIPs keeps these for other networks: else one popular network takes
    all its VIPs and strands its VLANs. What else is limited counts where it fills up faster.
    """
    vips, vlans, rest = _fills(candidate)
    fill = vips if candidate.limits.get(VIPS) is not None else max(rest, vlans)
    if opening:
        cost = 1.2 * fill
    else:
        cost = fill + 0.5 * max(0.0, fill - vlans + _LEAD) * min(fill / _EARLY, 1.0)
    cost += 0.13 * max(0.0, rest - fill + 0.04)
    return _stepped(1.0 - cost / _DEAREST)


def least_loaded(candidate: Candidate, _: bool) -> float:  # noqa: FBT001 - a StateScore
    """Room on the fullest limit, which is priced exponentially as it fills up (R9)."""
    fullest = max((_fill(candidate, resource) for resource in candidate.limits), default=0.0)
    return _stepped(1.0 - math.expm1(_STEEPNESS * fullest) / math.expm1(_STEEPNESS))


def most_loaded(candidate: Candidate, _: bool) -> float:  # noqa: FBT001 - a StateScore
    """How full the device is of VIPs: to fill one before the next is begun."""
    return _stepped(_fill(candidate, VIPS))


def wired(wiring: Wiring) -> float:
    """How few networks would have to be opened on the device (R9); four are as bad as more."""
    return 1.0 - min(wiring.needed - wiring.attached, 4) / 4


def tenant_together(wiring: Wiring) -> float:
    """The device serves this tenant already (R9, grouping by tenant)."""
    return 1.0 if wiring.at_home else 0.0


STANDING: Mapping[str, StandingScore] = {
    "ready": ready,
    "private": private,
    "driver_order": driver_order,
    "physical": physical,
    "virtual": virtual,
}
STATE: Mapping[str, StateScore] = {
    "balance": balance,
    "least_loaded": least_loaded,
    "most_loaded": most_loaded,
}
WIRING: Mapping[str, WiringScore] = {
    "wired": wired,
    "tenant_together": tenant_together,
}

MINDS_OPENING = frozenset({"balance"})
"""The scores of state that weigh a device differently where a network must be opened."""

ADVICE = "driver"
"""The score that the driver itself gives."""

SCORES = frozenset({*STANDING, *STATE, *WIRING, ADVICE})
"""Every score that a policy can weigh."""

_DEFAULTS: Mapping[str, float] = {"ready": 32.0, "private": 16.0, "driver_order": 8.0, ADVICE: 1.0}
_BY_STRATEGY: Mapping[Strategy, Mapping[str, float]] = {
    Strategy.SPREAD: {"balance": 3.8},
    Strategy.PACK: {"most_loaded": 2.0},
}
_BY_GROUPING: Mapping[Grouping, Mapping[str, float]] = {
    Grouping.NONE: {"wired": 0.64},
    Grouping.NETWORK: {"wired": 24.0},
    Grouping.TENANT: {"wired": 0.64, "tenant_together": 6.0},
    Grouping.APART: {"wired": 0.64},
}
_BY_PREFERENCE: Mapping[Preference, Mapping[str, float]] = {
    Preference.NONE: {},
    Preference.PHYSICAL: {"physical": 12.0},
    Preference.VIRTUAL: {"virtual": 12.0},
}


def weights_of(policy: Policy) -> dict[str, float]:
    """The weight of every score that counts under a policy.

    Unless the policy says otherwise: a running device before one that is being made, the
    tenant's own before a shared one, the kind of device that is preferred, then the preferred
    driver, then what the policy groups by; and last what leaves the fleet the most room.
    """
    weights = {
        **_DEFAULTS,
        **_BY_STRATEGY[policy.strategy],
        **_BY_GROUPING[policy.grouping],
        **_BY_PREFERENCE[policy.prefer],
        **policy.weights,
    }
    return {name: weights[name] for name in sorted(weights) if weights[name]}


def wiring_of(request: PlacementRequest, candidate: Candidate) -> Wiring:
    """How a candidate stands to a request."""
    needed = request.network_ids
    attached = len(needed) - len(needed.difference(candidate.networks))
    return Wiring(len(needed), attached, bool(candidate.projects.get(request.project_id)))


def weigh(
    request: PlacementRequest, candidate: Candidate, weights: Mapping[str, float], advice: float
) -> tuple[Term, ...]:
    """The terms of all scores that count under `weights`; `advice` is the driver's own."""
    wiring = wiring_of(request, candidate)
    terms = []
    for name, weight in weights.items():
        if name in STANDING:
            value = STANDING[name](request, candidate)
        elif name in STATE:
            value = STATE[name](candidate, wiring.attached < wiring.needed)
        elif name in WIRING:
            value = WIRING[name](wiring)
        else:
            value = advice
        terms.append(Term(name, round(value, 6), weight))
    return tuple(terms)


def _fills(candidate: Candidate) -> tuple[float, float, float]:
    """How full a device is of VIPs, of VLANs, and of the fullest other resource."""
    driver, used = candidate.driver, candidate.used
    slots = vlan_resource(driver.data_interface) if driver is not None else ""
    vips = vlans = rest = 0.0
    for resource, limit in candidate.limits.items():
        if limit is None:
            continue
        fill = min(used.get(resource, 0) / limit, 1.0) if limit else 1.0
        if resource == VIPS:
            vips = fill
        elif resource == slots:
            vlans = fill
        elif fill > rest:
            rest = fill
    return vips, vlans, rest


def _fill(candidate: Candidate, resource: str) -> float:
    """How much of a limit is used, 0 to 1; what is unlimited is never used up."""
    limit = candidate.limits.get(resource)
    if limit is None:
        return 0.0
    return min(candidate.used.get(resource, 0) / limit, 1.0) if limit else 1.0


def _stepped(value: float) -> float:
    return round(value * STEPS) / STEPS
