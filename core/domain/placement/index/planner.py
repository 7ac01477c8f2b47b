"""Makes plans, and keeps them until the classes of devices change."""

from core.domain.placement.index.classes import Classes
from core.domain.placement.index.measures import Measures
from core.domain.placement.index.openings import Openings
from core.domain.placement.index.plans import Plan, state_weights
from core.domain.placement.index.rooms import VLANS
from core.domain.placement.index.standing import Verdicts, judge_classes
from core.domain.placement.request import PlacementRequest
from core.domain.placement.scores import MINDS_OPENING, weights_of
from core.domain.service_type import Policy

_MOST_PLANS = 8192
_MOST_VERDICTS = 65_536

Sort = tuple[object, ...]
"""What requests of one sort have in common, whoever asks; their policy is compared besides."""


class Planner:
    """The plans for one fleet."""

    def __init__(self, classes: Classes, measures: Measures) -> None:
        self._classes = classes
        self._measures = measures
        self._plans: dict[tuple[Sort, str | None], Plan] = {}
        self._verdicts: dict[Sort, tuple[Policy, Verdicts]] = {}

    def plan(self, request: PlacementRequest) -> Plan:
        """The request's policy applied to the fleet."""
        project = request.project_id
        owner = project if self._classes.has_devices_of(project) else None
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
        policy, weights = request.policy, weights_of(request.policy)
        classes, measures = self._classes, self._measures
        standing = judge_classes(
            request, weights, classes.by_number, self._known(sort, request.policy)
        )
        percents = policy.oversubscription_percent
        state = state_weights(weights)
        return Plan(
            policy=policy,
            revision=classes.revision,
            weights=weights,
            openings=Openings(
                devices=standing.devices,
                groups=standing.groups,
                room=[
                    (measures.room(resource, percents.get(resource, 100)), amount)
                    for resource, amount in request.demand.items()
                    if amount
                ],
                vlans=measures.room(VLANS),
            ),
            lasting=standing.lasting,
            advised=standing.advised,
            refused=standing.refused,
            standing=standing.terms,
            wired=measures.ranking(state, opening=False),
            opening=measures.ranking(state, opening=bool(MINDS_OPENING & weights.keys())),
            minds_tenants="tenant_together" in weights,
            classes=classes.by_number,
        )

    def _known(self, sort: Sort, policy: Policy) -> Verdicts:
        """What is known of the classes for requests of this sort."""
        before, verdicts = self._verdicts.get(sort, (None, {}))
        if before != policy or len(verdicts) > _MOST_VERDICTS:
            verdicts = {}
            self._verdicts[sort] = policy, verdicts
        return verdicts


def _sort(request: PlacementRequest) -> Sort:
    return (
        request.service_type_id,
        request.kind,
        request.drivers,
        request.requirements.features,
    )


def _same(plan: Plan, request: PlacementRequest) -> bool:
    return plan.policy is request.policy or plan.policy == request.policy
