"""Port: the face of a driver that sits beside the scheduler. It does no I/O."""

from typing import Protocol

from core.domain.device import DriverInfo
from core.domain.placement.reasons import Reason
from core.domain.placement.request import Candidate, PlacementRequest


class PlacementAdvisor(Protocol):
    """A driver's say in placement (R10). It may read its arguments and nothing else.

    Both methods are pure: the same arguments give the same answer.
    """

    info: DriverInfo

    def veto(self, request: PlacementRequest, candidate: Candidate) -> Reason | None:
        """A VETOED reason why this device cannot take the service, or None."""

    def score(self, request: PlacementRequest, candidate: Candidate) -> float:
        """How well the device suits, from 0 (badly) to 1 (perfectly)."""
