"""The common scheduler: finds the best device, claims it, records why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from core.domain.binding import Binding
from core.domain.device import Capabilities
from core.domain.placement.decision import Decision, Verdict
from core.domain.placement.engine import judge, refusals
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.index.look import Look
from core.domain.placement.index.survey import tally
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.placement.rules import CHANGE_RULES
from core.domain.query import Query
from core.ports.clock import Clock
from core.ports.id_source import IdSource
from core.ports.placement_advisor import PlacementAdvisor
from core.ports.scheduler import Placement
from core.ports.unit_of_work import UnitOfWork
from core.usecases.placement.choosing import Chosen, choose
from core.usecases.placement.drafts import (
    Draft,
    binding_of,
    claim_of,
    footing_of,
    parted,
    taken,
)
from core.usecases.placement.view import FleetView

KEPT = 2
"""How many devices a stored decision tells of: the chosen one, and the one that came next, which
it is to be compared with. Of all others `explain` tells when it is asked."""


class FleetScheduler:
    """Implements the Scheduler port over a replica of the fleet.

    Decides many requests in memory, then claims them together. A store may begin with what is
    claimed and recorded while the next ones are decided.
    """

    def __init__(
        self,
        *,
        view: FleetView,
        advisors: Mapping[str, PlacementAdvisor],
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self._view = view
        self._advisors = advisors
        self._clock = clock
        self._ids = ids

    def place(self, work: UnitOfWork, requests: Sequence[PlacementRequest]) -> list[Placement]:
        """See Scheduler.place."""
        drafts = [Draft(request) for request in requests]
        with self._view.ahead(work) as fleet:
            waiting = []
            changed = []
            for draft in drafts:
                if draft.request.bound is None:
                    waiting.append(draft)
                else:
                    # Nothing is decided yet that would have to be decided anew.
                    self._view.confirmed(work)
                    self._change(work, fleet, draft, draft.request.bound)
                    changed.append(draft)
            if changed:
                _store(work, changed)
            self._bind(work, fleet, waiting)
        return [
            Placement(draft.decision, draft.binding, draft.missing)
            for draft in drafts
            if draft.decision is not None
        ]

    def _bind(self, work: UnitOfWork, fleet: Fleet, waiting: list[Draft]) -> None:
        """Decide, claim and record, part by part, until nothing is taken by another meanwhile.
        The store may begin with one part while the next is decided."""
        while waiting:
            part, rest = parted(waiting)
            for draft in part:
                self._decide(fleet, draft)
            if self._view.confirmed(work):
                waiting = self._claim(work, fleet, part) + rest
            else:
                for draft in part:
                    draft.binding = None

    def _decide(self, fleet: Fleet, draft: Draft) -> None:
        """Choose a device and count the service on it in the fleet."""
        look = Look(fleet, draft.request)
        request = draft.request
        chosen = choose(look, self._advisors, KEPT, draft.lost)
        draft.decision = self._decision(
            request,
            considered=len(fleet),
            refused=_counted(tally(look), chosen, draft.lost),
            verdicts=tuple(verdict for _, verdict in chosen.fitting),
        )
        draft.missing = () if chosen.fitting else fleet.missing(request)
        if chosen.fitting:
            host = chosen.fitting[0][0]
            draft.binding = binding_of(request, host, draft.decision.id)
            footing = footing_of(host, request)
            self._view.counting(host.device.id)
            draft.certain = fleet.claim(
                host.device.id,
                request.project_id,
                draft.binding.claims,
                request.requirements.networks,
            )
            is_firm = draft.certain and not self._view.doubts(host.device.id)
            draft.footing = footing if is_firm else None

    def _claim(self, work: UnitOfWork, fleet: Fleet, drafts: list[Draft]) -> list[Draft]:
        """Claim and record what was decided; returns what must be decided anew."""
        again = []
        wrong = set()
        bound = {draft: draft.binding for draft in drafts if draft.binding is not None}
        claims = [
            claim_of(binding, draft.request, fleet, draft.footing)
            for draft, binding in bound.items()
        ]
        answers = work.bindings.claim(claims) if claims else []
        for (draft, binding), shortage in zip(bound.items(), answers, strict=True):
            if shortage is not None:
                draft.lost[binding.device_id] = taken(shortage)
                self._view.misjudged(binding.device_id)
                draft.binding = None
                again.append(draft)
            # The fleet may count what was not to be had.
            if shortage is not None or not draft.certain:
                wrong.add(binding.device_id)
        if wrong:
            self._view.reread(work, wrong)
        if claims:
            self._view.claimed(work, {binding.device_id for binding in bound.values()})
        _store(work, [draft for draft in drafts if draft not in again])
        return again

    def _change(self, work: UnitOfWork, fleet: Fleet, draft: Draft, bound: Binding) -> None:
        """Bring the claims of a service that has its device up to date, or refuse."""
        request = draft.request
        host = fleet.get(bound.device_id)
        verdicts: tuple[Verdict, ...] = ()
        if host is not None:
            verdicts = (judge(request, without(host, bound), CHANGE_RULES),)
        draft.decision = decision = self._decision(
            request,
            considered=len(verdicts),
            refused=refusals(verdicts),
            verdicts=verdicts,
        )
        if host is not None:
            draft.missing = host.capabilities.missing(request.requirements.features)
        if host is None or not verdicts[0].fits:
            draft.decision = replace(decision, device_id=None)
            return
        binding = binding_of(request, host, decision.id)
        shortage = work.bindings.claim([claim_of(binding, request, fleet)])[0]
        self._view.reread(work, [bound.device_id])
        if shortage is None:
            draft.binding = binding
            return
        refused = replace(verdicts[0], reasons=(taken(shortage),), terms=())
        draft.decision = replace(
            decision, device_id=None, verdicts=(refused,), refusals=refusals([refused])
        )

    def _decision(
        self,
        request: PlacementRequest,
        *,
        considered: int,
        refused: Mapping[str, int],
        verdicts: tuple[Verdict, ...],
    ) -> Decision:
        return Decision(
            id=self._ids.new_id(),
            service_id=request.service_id,
            project_id=request.project_id,
            decided_at=self._clock.now(),
            service_type_id=request.service_type_id,
            device_id=verdicts[0].device_id if verdicts else None,
            considered=considered,
            fleet_revision=self._view.position(),
            refusals=refused,
            request=in_json_terms(request),
            verdicts=verdicts,
        )


def without(host: Candidate, bound: Binding) -> Candidate:
    """The device as if the service's own claims were not there, to judge its new ones.

    Its networks stay: a network that is attached costs nothing.
    """
    copy = host.copy()
    copy.used = {
        resource: amount - bound.claims.get(resource, 0) for resource, amount in host.used.items()
    }
    return copy


def _counted(counts: dict[str, int], chosen: Chosen, lost: Mapping[str, Reason]) -> dict[str, int]:
    """The counts with what drivers refused, of the devices that they were asked about, and what
    was taken by others while deciding."""
    if not chosen.refused and not lost:
        return counts
    later = Counter(reason.code.value for reason in (*chosen.refused.values(), *lost.values()))
    total = Counter(counts) + later
    return {code.value: total[code.value] for code in ReasonCode if total[code.value]}


def _store(work: UnitOfWork, drafts: Sequence[Draft]) -> None:
    """Record the decisions; a failure takes the place of the failures before, so retries do not
    pile up."""
    decisions = [draft.decision for draft in drafts if draft.decision is not None]
    refused = tuple(each.service_id for each in decisions if each.device_id is None)
    if refused:
        before = Query(filters={"service_id": refused, "device_id": (None,)})
        work.decisions.remove(*(each.id for each in work.decisions.find(before)))
    work.decisions.record(decisions)


def in_json_terms(request: PlacementRequest) -> dict[str, object]:
    """A request as decisions record it."""
    return {
        "kind": request.kind.value,
        "drivers": list(request.drivers),
        "networks": [
            {"network_id": need.network_id, "cidr": need.cidr}
            for need in request.requirements.networks
        ],
        "demand": request.demand,
        "features": _features_in_json_terms(request.requirements.features),
        "zone": request.policy.zone,
        "device_pool": request.policy.device_pool,
        "dedicated": request.policy.dedicated,
    }


@lru_cache(maxsize=1024)
def _features_in_json_terms(features: Capabilities) -> Mapping[str, object]:
    """Most requests use the same few features."""
    return {
        "protocols": sorted(features.protocols),
        "methods": sorted(features.methods),
        "monitors": sorted(features.monitors),
        "persistences": sorted(features.persistences),
    }
