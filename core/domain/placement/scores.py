"""The scores: one function each, from 0 (bad) to 1 (good), combined by a policy's weights."""

import math
from collections.abc import Callable, Mapping

from core.domain.placement.decision import Term
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.placement.rules import wanted_resources
from core.domain.service_type import Policy

Score = Callable[[PlacementRequest, Candidate], float]

_STEEPNESS = 4.0
"""How much more the last tenth of a limit costs than the first: e**4 over the whole range."""


def wired(request: PlacementRequest, candidate: Candidate) -> float:
    """The share of the needed networks that the device is attached to already (R9)."""
    attached = {network.network_id for network in candidate.usage.networks}
    needed = {need.network_id for need in request.requirements.networks}
    return len(needed & attached) / len(needed) if needed else 1.0


def least_loaded(request: PlacementRequest, candidate: Candidate) -> float:
    """Room on the fullest limit, each limit priced exponentially as it fills up."""
    worst = 0.0
    for resource, wanted in wanted_resources(request, candidate).items():
        limit = candidate.limits.get(resource)
        if limit:
            fill = (candidate.usage.used.get(resource, 0) + wanted) / limit
            worst = max(worst, min(fill, 1.0))
    return 1.0 - math.expm1(_STEEPNESS * worst) / math.expm1(_STEEPNESS)


def tenant_together(request: PlacementRequest, candidate: Candidate) -> float:
    """The device serves this tenant already (R9, grouping by tenant)."""
    return 1.0 if candidate.projects.get(request.project_id) else 0.0


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


SCORES: Mapping[str, Score] = {
    "wired": wired,
    "least_loaded": least_loaded,
    "tenant_together": tenant_together,
    "private": private,
    "driver_order": driver_order,
    "physical": physical,
}

ADVICE = "driver"
"""The score that the driver itself gives."""

DEFAULT_WEIGHTS: Mapping[str, float] = {
    "wired": 4.0,
    "least_loaded": 2.0,
    "tenant_together": 0.0,
    "private": 16.0,
    "driver_order": 8.0,
    "physical": 0.0,
    ADVICE: 1.0,
}
"""A tenant's own device first, then the preferred driver; then what is wired already, which
keeps VLANs from running out; then the least loaded of equals."""


def looks_at_tenants(policy: Policy) -> bool:
    """Whether `Candidate.projects` makes a difference under this policy."""
    return bool({**DEFAULT_WEIGHTS, **policy.weights}["tenant_together"])


def weigh(request: PlacementRequest, candidate: Candidate, advice: float) -> tuple[Term, ...]:
    """Every score that counts under the request's policy."""
    weights = {**DEFAULT_WEIGHTS, **request.policy.weights}
    terms = [
        Term(name, round(score(request, candidate), 6), weights[name])
        for name, score in SCORES.items()
        if weights[name]
    ]
    if weights[ADVICE]:
        terms.append(Term(ADVICE, round(advice, 6), weights[ADVICE]))
    return tuple(terms)
