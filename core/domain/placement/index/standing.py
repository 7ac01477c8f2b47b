"""What the standing rules and scores say, worked out once for each class of devices."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.placement.index.bits import Mask
from core.domain.placement.index.terms import Terms, terms_of
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.placement.rules import LASTING_RULES, STANDING_RULES, check
from core.domain.placement.scores import ADVICE, STANDING
from core.domain.service_type import Choice

ClassKey = tuple[object, ...]
"""What tells the devices of one class from others."""


@dataclass(frozen=True, slots=True)
class DeviceClass:
    """Devices that no standing rule or score can tell apart; `sample` is one of them."""

    sample: Candidate
    mask: Mask


@dataclass(frozen=True, slots=True)
class ClassVerdict:
    """What is found of a class: whether its devices could ever serve, the codes of what refuses
    them now, their standing terms unless something does, and whether their driver has a say."""

    lasting: bool
    codes: frozenset[str]
    terms: Terms | None
    advised: bool


Verdicts = dict[tuple[int, bool], ClassVerdict]
"""By the class's number, and whether its devices are the tenant's own."""


@dataclass(slots=True)
class Standing:
    """The verdicts on all classes, as sets of devices; see Plan."""

    devices: Mask = 0
    groups: list[tuple[int, Mask]] = field(default_factory=list)
    lasting: Mask = 0
    advised: Mask = 0
    refused: dict[str, int] = field(default_factory=dict)
    terms: dict[int, Terms] = field(default_factory=dict)


def judge_classes(
    request: PlacementRequest,
    weights: Mapping[str, float],
    classes: Mapping[int, DeviceClass],
    known: Verdicts,
) -> Standing:
    """Put every class through the standing rules and scores. Verdicts are taken from `known`,
    and kept there, for requests of the same service type, policy and features."""
    by_points: dict[int, Mask] = {}
    result = Standing()
    for number, each in classes.items():
        own = each.sample.device.project_id == request.project_id
        verdict = known.get((number, own))
        if verdict is None:
            verdict = known[number, own] = _verdict(request, each.sample, weights)
        result.devices |= each.mask
        if verdict.lasting:
            result.lasting |= each.mask
        for code in verdict.codes:
            result.refused[code] = result.refused.get(code, 0) + each.mask.bit_count()
        if verdict.terms is None:
            continue
        result.terms[number] = verdict.terms
        points = verdict.terms.points
        by_points[points] = by_points.get(points, 0) | each.mask
        if verdict.advised:
            result.advised |= each.mask
    result.groups = sorted(by_points.items(), reverse=True)
    return result


def _verdict(
    request: PlacementRequest, sample: Candidate, weights: Mapping[str, float]
) -> ClassVerdict:
    codes = frozenset(reason.code.value for reason in check(request, sample, STANDING_RULES))
    driver = sample.driver
    return ClassVerdict(
        lasting=not check(request, sample, LASTING_RULES),
        codes=codes,
        terms=None if codes else _terms(request, sample, weights),
        advised=request.policy.choice is not Choice.COMMON
        and driver is not None
        and driver.advises,
    )


def _terms(request: PlacementRequest, sample: Candidate, weights: Mapping[str, float]) -> Terms:
    """The standing terms, with full marks for a driver's own."""
    values = {name: STANDING[name](request, sample) for name in weights if name in STANDING}
    if ADVICE in weights:
        values[ADVICE] = 1.0
    return terms_of(values, weights)
