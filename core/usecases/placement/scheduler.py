"""The common scheduler: judges every device, claims the best, records why."""

from collections.abc import Mapping
from dataclasses import replace

from core.domain.binding import Binding, Shortage, Usage, insertion_mode
from core.domain.device import VIPS, Capabilities, Device, effective_limits
from core.domain.placement.decision import Decision, Verdict
from core.domain.placement.engine import judge, ranked, refusals
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.request import Candidate, PlacementRequest
from core.domain.placement.rules import CHANGE_RULES, RULES, Rule
from core.domain.placement.scores import looks_at_tenants
from core.domain.query import Query, Sort
from core.ports.clock import Clock
from core.ports.id_source import IdSource
from core.ports.placement_advisor import PlacementAdvisor
from core.ports.scheduler import Placement
from core.ports.unit_of_work import UnitOfWork

KEPT_VERDICTS = 100
"""How many devices a stored decision lists; the counts by reason are always of all."""


class FleetScheduler:
    """Implements the Scheduler port with the drivers' advisors beside it."""

    def __init__(
        self, advisors: Mapping[str, PlacementAdvisor], clock: Clock, ids: IdSource
    ) -> None:
        self._advisors = advisors
        self._clock = clock
        self._ids = ids

    def place(self, work: UnitOfWork, request: PlacementRequest) -> Placement:
        """See Scheduler.place."""
        bound = request.bound
        if bound is None:
            devices, rules = work.devices.find(Query(filters={"removing": (False,)})), RULES
        else:
            device = work.devices.get(bound.device_id)
            devices, rules = [device] if device is not None else [], CHANGE_RULES
        candidates = {c.device.id: c for c in self._candidates(work, devices, request)}
        verdicts = ranked(
            self._judge(request, candidate, rules) for candidate in candidates.values()
        )
        decision_id = self._ids.new_id()
        binding, verdicts = _claim(work, request, candidates, verdicts, decision_id)
        decision = self._decision(request, decision_id, binding, verdicts)
        _store(work, decision)
        return Placement(decision, binding)

    def _candidates(
        self, work: UnitOfWork, devices: list[Device], request: PlacementRequest
    ) -> list[Candidate]:
        ids, bound = [device.id for device in devices], request.bound
        usage = work.ledger.usage(ids)
        # Counting tenants costs more the fuller the fleet is, and few policies look at them.
        tenants = work.ledger.tenants(ids) if looks_at_tenants(request.policy) else {}
        found = []
        for device in devices:
            advisor = self._advisors.get(device.driver)
            info = advisor.info if advisor is not None else None
            supported = info.capabilities if info is not None else Capabilities()
            candidate = Candidate(
                device=device,
                driver=info,
                limits=effective_limits(device, info) if info is not None else device.limits,
                usage=usage.get(device.id, Usage()),
                capabilities=device.capabilities or supported,
                projects=tenants.get(device.id, {}),
            )
            found.append(_without(candidate, bound) if bound is not None else candidate)
        return found

    def _judge(
        self, request: PlacementRequest, candidate: Candidate, rules: tuple[Rule, ...]
    ) -> Verdict:
        advisor = self._advisors.get(candidate.device.driver)
        if advisor is None:
            return judge(request, candidate, lambda _r, _c: None, lambda _r, _c: 0.0, rules)
        return judge(request, candidate, advisor.veto, advisor.score, rules)

    def _decision(
        self,
        request: PlacementRequest,
        decision_id: str,
        binding: Binding | None,
        verdicts: tuple[Verdict, ...],
    ) -> Decision:
        return Decision(
            id=decision_id,
            service_id=request.service_id,
            project_id=request.project_id,
            decided_at=self._clock.now(),
            service_type_id=request.service_type_id,
            device_id=binding.device_id if binding is not None else None,
            considered=len(verdicts),
            refusals=refusals(verdicts),
            request=_in_json_terms(request),
            verdicts=verdicts[:KEPT_VERDICTS],
        )


def _without(candidate: Candidate, bound: Binding) -> Candidate:
    """The device as if the service's own claims were not there, to judge its new ones."""
    used = {
        resource: amount - bound.claims.get(resource, 0)
        for resource, amount in candidate.usage.used.items()
    }
    return replace(candidate, usage=replace(candidate.usage, used=used))


def _claim(
    work: UnitOfWork,
    request: PlacementRequest,
    candidates: Mapping[str, Candidate],
    verdicts: tuple[Verdict, ...],
    decision_id: str,
) -> tuple[Binding | None, tuple[Verdict, ...]]:
    """Claim the best verdict that still fits; the ones another took first are refused."""
    final = list(verdicts)
    for position, verdict in enumerate(verdicts):
        candidate = candidates[verdict.device_id]
        if not verdict.fits or candidate.driver is None:
            break
        binding = _binding(request, candidate, decision_id)
        shortage = work.bindings.claim(binding, candidate.driver.data_interface)
        if shortage is None:
            return binding, (verdict, *final[:position], *final[position + 1 :])
        final[position] = replace(verdict, reasons=(_taken(shortage),), terms=())
    return None, ranked(final)


def _binding(request: PlacementRequest, candidate: Candidate, decision_id: str) -> Binding:
    networks = request.requirements.networks
    return Binding(
        service_id=request.service_id,
        device_id=candidate.device.id,
        driver=candidate.device.driver,
        mode=insertion_mode(networks),
        vip_address=request.requirements.vip_address,
        networks=networks,
        claims={VIPS: 1, **request.demand},
        decision_id=decision_id,
    )


def _taken(shortage: Shortage) -> Reason:
    return Reason(
        ReasonCode.LIMIT_REACHED,
        f"{shortage.resource}: taken by another while deciding",
        {
            "resource": shortage.resource,
            "wanted": shortage.wanted,
            "used": shortage.used,
            "limit": shortage.limit,
        },
    )


def _store(work: UnitOfWork, decision: Decision) -> None:
    """Add the decision; a failure takes the place of the failure before, so retries do not
    pile up."""
    before = _last(work, decision.service_id) if decision.device_id is None else None
    if before is not None and before.device_id is None:
        work.decisions.remove(before.id)
    work.decisions.add(decision)


def _last(work: UnitOfWork, service_id: str) -> Decision | None:
    latest = Query(
        filters={"service_id": (service_id,)},
        sort=(Sort("decided_at", descending=True),),
        limit=1,
    )
    return next(iter(work.decisions.find(latest)), None)


def _in_json_terms(request: PlacementRequest) -> dict[str, object]:
    features = request.requirements.features
    return {
        "kind": str(request.kind),
        "drivers": list(request.drivers),
        "networks": [
            {"network_id": need.network_id, "cidr": need.cidr}
            for need in request.requirements.networks
        ],
        "demand": {VIPS: 1, **request.demand},
        "features": {
            "protocols": sorted(features.protocols),
            "methods": sorted(features.methods),
            "monitors": sorted(features.monitors),
            "persistences": sorted(features.persistences),
        },
        "zone": request.policy.zone,
        "device_pool": request.policy.device_pool,
        "dedicated": request.policy.dedicated,
    }
