"""What the standing rules and scores say, worked out once for each class of devices."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from core.domain.placement.index.bits import Mask
from core.domain.placement.index.terms import Terms, terms_of
from core.domain.placement.reasons import Reason
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.placement.rules import LASTING_RULES, STANDING_RULES, check
from core.domain.placement.scores import ADVICE, STANDING
from core.domain.service_type import Choice, Policy

_MOST_VERDICTS = 65_536

_NOBODY = ""
"""No project: what belongs to anybody belongs to another."""

ClassKey = tuple[object, ...]
"""What tells the devices of one class from others."""


@dataclass(frozen=True, slots=True)
class DeviceClass:
    """Devices that no standing rule or score can tell apart; `sample` is one of them."""

    sample: Candidate
    mask: Mask


@dataclass(frozen=True, slots=True)
class ClassVerdict:
    """What is found of a class: whether its devices could ever serve, what refuses them now, their
    standing terms unless something does, and whether their driver has a say."""

    lasting: bool
    reasons: tuple[Reason, ...]
    codes: frozenset[str]
    terms: Terms | None
    advised: bool


@dataclass(slots=True)
class Standing:
    """The verdicts on all classes, as sets of devices; see Plan."""

    devices: Mask = 0
    by_points: dict[int, Mask] = field(default_factory=dict)
    lasting: Mask = 0
    advised: Mask = 0
    refused: dict[str, int] = field(default_factory=dict)
    against: dict[int, tuple[Reason, ...]] = field(default_factory=dict)
    terms: dict[int, Terms] = field(default_factory=dict)

    @property
    def groups(self) -> list[tuple[int, Mask]]:
        """The devices that nothing refuses by their points, the best first."""
        return sorted(self.by_points.items(), reverse=True)

    def add(self, number: int, each: DeviceClass, verdict: ClassVerdict) -> None:
        """Take the verdict on one class in."""
        self.devices |= each.mask
        if verdict.lasting:
            self.lasting |= each.mask
        size = each.mask.bit_count()
        for code in verdict.codes:
            self.refused[code] = self.refused.get(code, 0) + size
        if verdict.terms is None:
            self.against[number] = verdict.reasons
            return
        self.terms[number] = verdict.terms
        points = verdict.terms.points
        self.by_points[points] = self.by_points.get(points, 0) | each.mask
        if verdict.advised:
            self.advised |= each.mask

    def forgive(self, number: int, each: DeviceClass, verdict: ClassVerdict) -> None:
        """Take the verdict on a class that was refused for good back."""
        size = each.mask.bit_count()
        for code in verdict.codes:
            self.refused[code] -= size
        del self.against[number]

    def copy(self) -> "Standing":
        """An independent copy."""
        return replace(
            self,
            by_points=self.by_points.copy(),
            refused=self.refused.copy(),
            against=self.against.copy(),
            terms=self.terms.copy(),
        )


class Judge:
    """Puts classes through the standing rules and scores for requests of the same service type,
    policy and features, whoever makes them; verdicts are kept."""

    def __init__(self, policy: Policy, weights: Mapping[str, float]) -> None:
        self.policy = policy
        self.weights = weights
        self._verdicts: dict[tuple[int, bool], ClassVerdict] = {}
        """By the class's number, and whether its devices are the tenant's own."""
        self._revision = -1
        self._for_strangers = Standing()

    def standing(
        self,
        request: PlacementRequest,
        classes: Mapping[int, DeviceClass],
        revision: int,
        own: Collection[int],
    ) -> Standing:
        """The verdicts on these classes, of which `own` are the tenant's; `revision` tells
        whether they changed."""
        if self._revision != revision:
            self._for_strangers = self._found(request, classes)
            self._revision = revision
        found = self._for_strangers
        if own:
            found = found.copy()
        for number in own:
            each = classes[number]
            found.forgive(number, each, self._verdicts[number, False])
            found.add(number, each, self._verdict(request, number, each, own=True))
        return found

    def _found(self, request: PlacementRequest, classes: Mapping[int, DeviceClass]) -> Standing:
        stranger = replace(request, project_id=_NOBODY)
        if len(self._verdicts) > _MOST_VERDICTS:
            self._verdicts.clear()
        found = Standing()
        for number, each in classes.items():
            found.add(number, each, self._verdict(stranger, number, each, own=False))
        return found

    def _verdict(
        self, request: PlacementRequest, number: int, each: DeviceClass, *, own: bool
    ) -> ClassVerdict:
        known = self._verdicts.get((number, own))
        if known is None:
            known = self._verdicts[number, own] = _verdict(request, each.sample, self.weights)
        return known


def _verdict(
    request: PlacementRequest, sample: Candidate, weights: Mapping[str, float]
) -> ClassVerdict:
    reasons = check(request, sample, STANDING_RULES)
    codes = frozenset(reason.code.value for reason in reasons)
    driver = sample.driver
    return ClassVerdict(
        lasting=not check(request, sample, LASTING_RULES),
        reasons=reasons,
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
