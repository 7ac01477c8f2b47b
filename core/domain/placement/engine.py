"""Judges devices one by one: the whole truth about a fleet, at the price of looking at all.

The index must agree with this exactly; tests hold the two together.
"""

from collections import Counter
from collections.abc import Iterable

from core.domain.placement.decision import Verdict, total_points
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.placement.rules import RULES, Rule, check
from core.domain.placement.scores import weigh, weights_of


def judge(
    request: PlacementRequest,
    candidate: Candidate,
    rules: tuple[Rule, ...] = RULES,
    *,
    veto: Reason | None = None,
    advice: float = 1.0,
) -> Verdict:
    """The verdict on one device; `veto` and `advice` are the driver's, where it has a say."""
    reasons = check(request, candidate, rules)
    if not reasons and veto is not None:
        reasons = (veto,)
    weights = weights_of(request.policy)
    return Verdict(
        device_id=candidate.device.id,
        device_name=candidate.device.name,
        reasons=reasons,
        terms=() if reasons else weigh(request, candidate, weights, advice),
    )


def best(
    verdicts: Iterable[tuple[Candidate, Verdict]],
) -> tuple[Candidate, Verdict] | None:
    """The fitting device with the highest total; of equals the one that was registered first."""
    fitting = [(candidate, verdict) for candidate, verdict in verdicts if verdict.fits]
    if not fitting:
        return None
    return min(fitting, key=lambda pair: (-total_points(pair[1].terms), pair[0].device.number))


def refusals(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How many devices each kind of reason refused."""
    counts = Counter(
        code for verdict in verdicts for code in {reason.code for reason in verdict.reasons}
    )
    return {str(code): counts[code] for code in ReasonCode if counts[code]}
