"""A driver that has opinions."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.device import DriverInfo
from core.domain.placement.request import Candidate, PlacementRequest
from core.ports.placement_advisor import Opinion


@dataclass
class OpinionatedAdvisor:
    """A PlacementAdvisor that vetoes every fiftieth device and likes zones in the east."""

    info: DriverInfo
    asked: int = 0

    def opinions(
        self,
        request: PlacementRequest,  # noqa: ARG002 - the port's signature
        candidates: Sequence[Candidate],
    ) -> Sequence[Opinion]:
        """See PlacementAdvisor.opinions."""
        self.asked += len(candidates)
        return [
            Opinion("out of licences" if host.device.number % 50 == 0 else None, _liking(host))
            for host in candidates
        ]

    def choose(
        self,
        request: PlacementRequest,  # noqa: ARG002 - the port's signature
        candidates: Sequence[Candidate],
    ) -> str | None:
        """See PlacementAdvisor.choose."""
        return candidates[0].device.id


def _liking(host: Candidate) -> float:
    return 1.0 if host.device.zone == "east" else 0.8
