"""Makes plans, and keeps them until the classes of devices change."""

from core.domain.placement.index.bits import Mask
from core.domain.placement.index.classes import Classes
from core.domain.placement.index.measures import Measures
from core.domain.placement.index.openings import Openings
from core.domain.placement.index.plans import Plan, state_weights
from core.domain.placement.index.rooms import VLANS
from core.domain.placement.index.standing import Judge
from core.domain.placement.request import PlacementRequest
from core.domain.placement.scores import MINDS_OPENING, weights_of

_MOST_PLANS = 8192

Sort = tuple[object, ...]
"""What requests of one sort have in common, whoever asks; their policy is compared besides."""


class Planner:
    """The plans for one fleet."""

    def __init__(self, classes: Classes, measures: Measures) -> None:
        self._classes = classes
        self._measures = measures
        self._plans: dict[tuple[Sort, str | None], Plan] = {}
        self._judges: dict[Sort, Judge] = {}
        self._openings: dict[tuple[tuple[str, int, int], ...], Openings] = {}
        """By what services take: resources, how many percent of them count, and amounts."""

    def plan(self, request: PlacementRequest) -> Plan:
        """The request's policy applied to the fleet."""
        project = request.project_id
        owner = project if self._classes.owned_by(project) else None
        sort = _sort(request)
        plan = self._plans.get((sort, owner))
        if plan is None or plan.revision != self._classes.revision or not _same(plan, request):
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            plan = self._plans[sort, owner] = self._made(request, sort)
        return plan

    def missing(self, request: PlacementRequest) -> tuple[str, ...]:
        """What the request uses and some device cannot do, sorted."""
        plan = self.plan(request)
        if plan.missing is None:
            needed = request.requirements.features
            each_lacks = (
                each.sample.capabilities.missing(needed)
                for each in self._classes.by_number.values()
            )
            plan.missing = tuple(sorted({one for lacks in each_lacks for one in lacks}))
        return plan.missing

    def _made(self, request: PlacementRequest, sort: Sort) -> Plan:
        policy, judge = request.policy, self._judge(request, sort)
        classes, measures, weights = self._classes, self._measures, judge.weights
        standing = judge.standing(
            request, classes.by_number, classes.revision, classes.owned_by(request.project_id)
        )
        state = state_weights(weights)
        return Plan(
            policy=policy,
            revision=classes.revision,
            weights=weights,
            groups=standing.groups,
            openings=self._openings_for(request, standing.devices),
            lasting=standing.lasting,
            advised=standing.advised,
            refused=standing.refused,
            against=standing.against,
            standing=standing.terms,
            wired=measures.ranking(state, opening=False),
            opening=measures.ranking(state, opening=not MINDS_OPENING.isdisjoint(weights)),
            minds_tenants="tenant_together" in weights,
            classes=classes.by_number,
        )

    def _openings_for(self, request: PlacementRequest, devices: Mask) -> Openings:
        percents = request.policy.oversubscription_percent
        room = tuple(
            (resource, percents.get(resource, 100), amount)
            for resource, amount in request.demand.items()
            if amount
        )
        known = self._openings.get(room)
        if known is None or known.devices != devices:
            if len(self._openings) >= _MOST_PLANS:
                self._openings.clear()
            known = self._openings[room] = Openings(
                devices=devices,
                room=[
                    (self._measures.room(resource, percent), amount)
                    for resource, percent, amount in room
                ],
                vlans=self._measures.room(VLANS),
            )
        return known

    def _judge(self, request: PlacementRequest, sort: Sort) -> Judge:
        judge = self._judges.get(sort)
        if judge is None or judge.policy != request.policy:
            if len(self._judges) >= _MOST_PLANS:
                self._judges.clear()
            judge = self._judges[sort] = Judge(request.policy, weights_of(request.policy))
        return judge


def _sort(request: PlacementRequest) -> Sort:
    return (
        request.service_type_id,
        request.kind,
        request.drivers,
        request.requirements.features,
    )


def _same(plan: Plan, request: PlacementRequest) -> bool:
    return plan.policy is request.policy or plan.policy == request.policy
