"""Port: the placement component."""

from dataclasses import dataclass
from typing import Protocol

from core.domain.binding import Binding
from core.domain.placement.decision import Decision
from core.domain.placement.request import PlacementRequest
from core.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Placement:
    """What came of a request: why, and the binding that was stored; None: nothing was claimed."""

    decision: Decision
    binding: Binding | None


class Scheduler(Protocol):
    """Chooses the device of a service, and says why."""

    def place(self, work: UnitOfWork, request: PlacementRequest) -> Placement:
        """Decide, claim and bind, all inside `work`; the decision is stored in any case.

        The chosen device is the best by the policy's scores among those that pass every
        hard rule and whose claim succeeds. When the service is bound already, only its device
        is considered: its claims are brought up to date, or refused with the reasons
        while the old ones stay.
        The same fleet and request give the same decision.
        """
