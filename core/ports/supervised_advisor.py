"""Port: an advisor that is kept within bounds, and tells how it does."""

from dataclasses import dataclass
from typing import Protocol

from core.ports.placement_advisor import PlacementAdvisor


@dataclass(frozen=True, slots=True)
class AdvisorStatus:
    """Since when an advisor has failed (seconds since the epoch, UTC; None: it does well), and
    how it failed last, in one line."""

    failing_since: float | None = None
    failure: str = ""


class SupervisedAdvisor(PlacementAdvisor, Protocol):
    """An advisor whose every call ends in time: with an answer that keeps the contract of
    PlacementAdvisor, or with AdvisorFailure."""

    def status(self) -> AdvisorStatus:
        """How it does: what the latest call that reached the driver came to."""
