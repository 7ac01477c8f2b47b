"""Port: the face of a driver that sits beside the scheduler. It does no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.domain.device import DriverInfo
from core.domain.placement.request import Candidate, PlacementRequest


class AdvisorFailure(Exception):
    """The advisor did not answer, in time or at all. One line for the operator."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a driver thinks of one device: `veto` is why it cannot take the service, None: it
    can; `score` how well it suits, from 0 (badly) to 1 (perfectly)."""

    veto: str | None = None
    score: float = 1.0


class PlacementAdvisor(Protocol):
    """A driver's say in placement (R10). It may read its arguments and nothing else: no file,
    no network, no clock. The same arguments give the same answer, and nothing of them is
    changed or kept. It is asked only when its `info` says that it advises, only about its own
    driver's devices, and only about those that pass every common rule."""

    info: DriverInfo

    def opinions(
        self, request: PlacementRequest, candidates: Sequence[Candidate]
    ) -> Sequence[Opinion]:
        """One opinion for each candidate, in their order. May raise AdvisorFailure."""

    def choose(self, request: PlacementRequest, candidates: Sequence[Candidate]) -> str | None:
        """The id of the device that the driver wants to take, or None when it wants none; asked
        where the service type leaves the choice to the driver. May raise AdvisorFailure."""
