"""What every device of a fleet has against a request, its driver's say included."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.domain.placement.decision import Term
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.index.look import Look
from core.domain.placement.index.survey import Finding, survey
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.refusal_groups import RefusalGroup, grouped
from core.domain.placement.remedies import Attached, remedies
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.placement.scores import ADVICE
from core.domain.service_type import Choice
from core.usecases.placement.choosing import Advisors, ask, choose

MOST_ASKED = 256
"""Of so many devices that fit, the best by the other scores, drivers are asked what they think."""

_ONE = Term(ADVICE, 1.0, 1.0).points


@dataclass(frozen=True, slots=True)
class RefusalKind:
    """A kind of reason: `about` names the resource that is full, the driver, the status."""

    code: ReasonCode
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedGroup:
    """Devices that were refused for the same kinds of reasons.

    `text` and `remedy` are those of `nearest`, the device that lacks the least; `examples`
    names the first few.
    """

    reasons: tuple[RefusalKind, ...]
    devices: int
    examples: tuple[str, ...]
    nearest: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All devices in the order of their registration, and the one that would be chosen."""

    best: Candidate | None
    devices: Sequence[Finding]
    groups: Sequence[RefusalGroup]

    @property
    def refusals(self) -> dict[str, int]:
        """How many devices each kind of reason refuses."""
        counts = Counter(
            code for _, reasons, _ in self.devices for code in {reason.code for reason in reasons}
        )
        return {str(code): counts[code] for code in ReasonCode if counts[code]}

    @property
    def fitting(self) -> int:
        """How many devices fit."""
        return sum(not reasons for _, reasons, _ in self.devices)


def find_all(fleet: Fleet, request: PlacementRequest, advisors: Advisors) -> Findings:
    """Put every device to the rules, and those that fit to their drivers."""
    look = Look(fleet, request)
    request, plan = look.request, look.plan
    chosen = choose(look, advisors, 1)
    devices = survey(look)
    if plan.advised:
        said: dict[str, Reason | float] = dict(chosen.refused)
        if request.policy.choice is Choice.ADVISED:
            said |= _answers(fleet, request, devices, advisors)
        devices = _heard(devices, said, plan.weights.get(ADVICE, 0.0))
    return Findings(
        best=chosen.fitting[0][0] if chosen.fitting else None,
        devices=devices,
        groups=grouped((host, reasons) for host, reasons, _ in devices if reasons),
    )


def told(
    groups: Iterable[RefusalGroup], request: PlacementRequest, attached: Mapping[str, Attached]
) -> tuple[RefusedGroup, ...]:
    """Groups with the remedy of the device that lacks the least."""
    found = []
    for group in groups:
        host, reasons = group.nearest
        found.append(
            RefusedGroup(
                reasons=tuple(RefusalKind(code, about) for code, about in group.kinds),
                devices=group.size,
                examples=tuple(group.examples),
                nearest=host.device.name,
                text="; ".join(reason.text for reason in reasons),
                remedy=remedy_of(host, reasons, request, attached),
            )
        )
    return tuple(found)


def remedy_of(
    host: Candidate,
    reasons: Sequence[Reason],
    request: PlacementRequest,
    attached: Mapping[str, Attached],
) -> str:
    """What would admit a device."""
    return remedies(reasons, request, host, attached.get(host.device.id, Attached()))


def _heard(
    devices: Sequence[Finding], said: Mapping[str, Reason | float], weight: float
) -> list[Finding]:
    """The findings with what drivers said; who was not asked keeps the points of full marks."""
    full_marks = Term(ADVICE, 1.0, weight).points
    heard: list[Finding] = []
    for host, reasons, points in devices:
        answer = said.get(host.device.id)
        if reasons or answer is None:
            heard.append((host, reasons, points))
        elif isinstance(answer, Reason):
            heard.append((host, (answer,), 0))
        else:
            heard.append((host, (), points - full_marks + Term(ADVICE, answer, weight).points))
    return heard


def _answers(
    fleet: Fleet, request: PlacementRequest, devices: Sequence[Finding], advisors: Advisors
) -> dict[str, Reason | float]:
    """Device id -> the score that its driver gives it, or the driver's refusal."""
    advised = fleet.plan(request).advised
    fitting = [
        (-points, number, host)
        for number, (host, reasons, points) in enumerate(devices)
        if not reasons and advised & fleet.mask_of([host.device.id])
    ]
    hosts = [host for _, _, host in sorted(fitting, key=lambda one: one[:2])[:MOST_ASKED]]
    answers = ask(advisors, request, hosts)
    return {
        host.device.id: answer if isinstance(answer, Reason) else round(answer.score, 6)
        for host, answer in zip(hosts, answers, strict=True)
    }


def total_of(points: int) -> float:
    """A total as people read it, from points."""
    return points / _ONE
