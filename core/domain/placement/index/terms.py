"""Terms that many devices share, so that they need not be made again for each."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.domain.placement.decision import Term, total_points


@dataclass(frozen=True, slots=True)
class Terms:
    """Some of a device's terms by score, and what they come to."""

    by_score: Mapping[str, Term]
    points: int


def terms_of(values: Mapping[str, float], weights: Mapping[str, float]) -> Terms:
    """The terms of some scores' values."""
    by_score = {name: Term(name, round(value, 6), weights[name]) for name, value in values.items()}
    return Terms(by_score, total_points(by_score.values()))
