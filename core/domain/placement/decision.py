"""The record of one placement: who was considered, who was chosen, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.domain.placement.reasons import Reason

_POINTS = 1_000_000
"""Totals are added as whole millionths, which gives the same sum in every order."""


@dataclass(frozen=True, slots=True)
class Term:
    """One score's part of a candidate's total: `weight` times `value` (0 to 1)."""

    score: str
    value: float
    weight: float

    @property
    def points(self) -> int:
        """The part in millionths."""
        return round(self.weight * self.value * _POINTS)


def total_points(terms: Iterable[Term]) -> int:
    """What several terms come to, in millionths."""
    return sum(term.points for term in terms)


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
        return total_points(self.terms) / _POINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One placement of one service. `device_id` None: no device fits.

    `verdicts` lists the chosen device and the one that came next, the better one first;
    those that were refused are counted in `refusals`, and told apart again on demand.
    `request` is the placement request in JSON terms. `fleet_revision` is the state of the
    fleet that was looked at (FeedPosition.revision).
    """

    id: str
    service_id: str
    project_id: str
    decided_at: float
    service_type_id: str
    device_id: str | None
    considered: int
    fleet_revision: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)
    """ReasonCode -> how many devices it refused; a device may count under several."""
    request: Mapping[str, object] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
