"""Judges a fleet for one request: pure, and the same for the same arguments."""

from collections import Counter
from collections.abc import Callable, Iterable

from core.domain.placement.decision import Verdict
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.placement.rules import RULES, Rule, check
from core.domain.placement.scores import weigh

Veto = Callable[[PlacementRequest, Candidate], Reason | None]
Advice = Callable[[PlacementRequest, Candidate], float]


def judge(
    request: PlacementRequest,
    candidate: Candidate,
    veto: Veto,
    advice: Advice,
    rules: tuple[Rule, ...] = RULES,
) -> Verdict:
    """The verdict on one device. The driver is asked only about devices that pass the rules."""
    reasons = check(request, candidate, rules)
    if not reasons:
        refusal = veto(request, candidate)
        reasons = (refusal,) if refusal is not None else ()
    return Verdict(
        device_id=candidate.device.id,
        device_name=candidate.device.name,
        reasons=reasons,
        terms=() if reasons else weigh(request, candidate, advice(request, candidate)),
    )


def ranked(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """Fitting devices from best to worst, then the refused; equals by device id."""
    return tuple(sorted(verdicts, key=lambda v: (not v.fits, -round(v.total, 6), v.device_id)))


def refusals(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How many devices each kind of reason refused."""
    counts = Counter(
        code for verdict in verdicts for code in {reason.code for reason in verdict.reasons}
    )
    return {str(code): counts[code] for code in ReasonCode if counts[code]}
