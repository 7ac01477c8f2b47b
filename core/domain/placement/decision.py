"""The record of one placement: who was considered, who was chosen, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.placement.reasons import Reason


@dataclass(frozen=True, slots=True)
class Term:
    """One score's part of a candidate's total: `weight` times `value` (0 to 1)."""

    score: str
    value: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found of one device: refused for `reasons`, or fit with a total of `terms`."""

    device_id: str
    device_name: str
    reasons: tuple[Reason, ...] = ()
    terms: tuple[Term, ...] = ()

    @property
    def fits(self) -> bool:
        return not self.reasons

    @property
    def total(self) -> float:
        return sum(term.weight * term.value for term in self.terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One placement of one service. `device_id` None: no device fits.

    `verdicts` lists the chosen device first, then the other fitting ones from best to
    worst, then the refused ones. `request` is the placement request in JSON terms.
    """

    id: str
    service_id: str
    project_id: str
    decided_at: float
    service_type_id: str
    device_id: str | None
    considered: int
    refusals: Mapping[str, int] = field(default_factory=dict)
    """ReasonCode -> how many devices it refused."""
    request: Mapping[str, object] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
