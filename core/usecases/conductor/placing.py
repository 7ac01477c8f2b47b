"""Finds devices for the services of one round, and has new ones made where none fits."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.binding import Binding
from core.domain.placement.request import PlacementRequest
from core.ports.scheduler import Placement, Scheduler
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.elastic import ElasticPools
from core.usecases.placement.words import refusal_for_tenant


@dataclass(frozen=True, slots=True)
class Place:
    """The binding of a service, or why it has none, in words for the tenant."""

    binding: Binding | None
    refusal: str = ""


class Placing:
    """Asks the scheduler for many services at once."""

    def __init__(self, scheduler: Scheduler, elastic: ElasticPools) -> None:
        self._scheduler = scheduler
        self._elastic = elastic

    def place(self, work: UnitOfWork, requests: Sequence[PlacementRequest]) -> dict[str, Place]:
        """Place every request; the answers by service.

        A request that fits nowhere and whose policy names an elastic pool has a device made,
        to which it is bound at once. Those that fit on the same device share it.
        """
        found: dict[str, Place] = {}
        refused: list[PlacementRequest] = []
        for request, placement in zip(requests, self._scheduler.place(work, requests), strict=True):
            found[request.service_id] = _place(placement)
            if placement.binding is None and _may_grow(request):
                refused.append(request)
        for request in refused:
            found[request.service_id] = self._on_a_new_device(work, request)
        return found

    def _on_a_new_device(self, work: UnitOfWork, request: PlacementRequest) -> Place:
        # The device that was made for the one before may do for this one, too.
        place = _place(self._scheduler.place(work, [request])[0])
        if place.binding is not None:
            return place
        growth = self._elastic.grow(work, request)
        if growth.device is None:
            return Place(None, f"{place.refusal}; {growth.refusal}")
        return _place(self._scheduler.place(work, [request])[0])


def _may_grow(request: PlacementRequest) -> bool:
    return request.bound is None and request.policy.elastic_pool is not None


def _place(placement: Placement) -> Place:
    if placement.binding is not None:
        return Place(placement.binding)
    return Place(None, refusal_for_tenant(placement))
