"""Checks that what an advisor answered is an answer."""

from collections.abc import Sequence
from typing import Any

from core.domain.placement.request import Candidate
from core.ports.placement_advisor import Opinion


class WrongAnswer(Exception):
    """The advisor breaks its contract; the text says how."""


def opinions(answer: Any, candidates: Sequence[Candidate]) -> tuple[Opinion, ...]:
    """The opinions, one for each candidate. Raises WrongAnswer."""
    if not isinstance(answer, Sequence) or len(answer) != len(candidates):
        raise WrongAnswer(f"did not give {len(candidates)} opinions on {len(candidates)} devices")
    for opinion, candidate in zip(answer, candidates, strict=True):
        _check(opinion, candidate.device.name)
    return tuple(answer)


def choice(answer: Any, candidates: Sequence[Candidate]) -> str | None:
    """The id of the chosen candidate's device, or None. Raises WrongAnswer."""
    if answer is None:
        return None
    for candidate in candidates:
        if candidate.device.id == answer:
            return candidate.device.id
    raise WrongAnswer("chose a device that was not offered")


def _check(opinion: Any, name: str) -> None:
    if not isinstance(opinion, Opinion):
        raise WrongAnswer(f"gave no opinion on device {name}")
    score: Any = opinion.score
    # A comparison with NaN is false.
    if not isinstance(score, int | float) or not 0.0 <= score <= 1.0:
        raise WrongAnswer(f"gave device {name} a score that is not from 0 to 1")
    veto: Any = opinion.veto
    if veto is not None and not (isinstance(veto, str) and veto):
        raise WrongAnswer(f"gave no reason for its veto of device {name}")
