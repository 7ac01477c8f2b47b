"""Port: the placement component."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.domain.binding import Binding
from core.domain.placement.decision import Decision
from core.domain.placement.request import PlacementRequest
from core.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Placement:
    """What came of a request: why, and the binding that was stored; None: nothing was claimed.

    `missing` names the capabilities that some device lacked, such as "method LEAST_CONNECTIONS".
    """

    decision: Decision
    binding: Binding | None
    missing: tuple[str, ...] = ()


class Scheduler(Protocol):
    """Chooses the devices of services, and says why."""

    def place(self, work: UnitOfWork, requests: Sequence[PlacementRequest]) -> list[Placement]:
        """Decide, claim and bind, all inside `work`; the decisions are stored in any case.

        Services that are bound already come first: only their own device is considered, and
        their claims are brought up to date, or refused with the reasons while the old ones
        stay. The others are placed one after the other, each on the fleet that the ones
        before left, on the device that is the best by the policy's scores among those that
        pass every hard rule. One Placement for each request, in their order.
        The same fleet, requests and seeds give the same decisions.
        """
