"""Use cases: the records of placement. Tenants see theirs without other people's devices."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from core.domain.errors import InvalidInput, NotFound
from core.domain.placement.decision import Decision, Term, Verdict
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.query import Query
from core.ports.scheduler import Placement
from core.ports.store import Store
from core.usecases.caller import Caller
from core.usecases.fleet.access import narrowed, renamed
from core.usecases.placement.advice import advice
from core.usecases.placement.examining import Examination, Examiner
from core.usecases.placement.words import refusal_for_tenant

_FOR_ADMINS = frozenset({"device_id", "fleet_revision"})

GONE = (
    "The service is gone, or going: what is told is what was stored when it was placed, and no "
    "device can be examined for it any more."
)


class WhyNot(StrEnum):
    """How much an explanation tells of the devices that were not chosen."""

    ALL = "all"
    """Each device."""
    SUMMARY = "summary"
    """Groups of devices with the same reasons."""
    NONE = "none"
    """Nothing: what was stored, alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSummary:
    """A decision in the tenant's terms: how it ended, and how often each reason was given.

    `decided_at` is in seconds since the epoch, UTC. `summary` says all that in words, `advice`
    what would help where no device was found.
    """

    id: str
    service_id: str
    project_id: str
    tenant_id: str
    service_type_id: str
    decided_at: float
    placed: bool
    considered: int
    refusals: Mapping[str, int]
    summary: str
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictView:
    """What was found of one device, with its total when it fits."""

    device_id: str
    device_name: str
    fits: bool
    total: float | None
    reasons: tuple[Reason, ...]
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView(DecisionSummary):
    """A decision with the request, and the verdicts on the chosen device and the next best.

    `why_not` examines every device as the fleet is now; None: `note` says why there is none,
    or nobody asked.
    """

    SHOWN_UNLESS_NONE: ClassVar[frozenset[str]] = frozenset({"why_not", "note"})

    device_id: str | None
    fleet_revision: int
    request: Mapping[str, object]
    verdicts: tuple[VerdictView, ...]
    why_not: Examination | None = None
    note: str | None = None


class Decisions:
    """Tells why each service is where it is, and why not elsewhere."""

    def __init__(self, store: Store, examiner: Examiner) -> None:
        self._store = store
        self._examiner = examiner

    def show(self, caller: Caller, identity: str) -> DecisionSummary:
        """One decision with every device of the fleet."""
        return self.explain(caller, identity, WhyNot.ALL)

    def explain(self, caller: Caller, identity: str, why_not: WhyNot) -> DecisionSummary:
        """One decision, and as much as is asked of the other devices."""
        with self._store.read() as work:
            decision = work.decisions.get(identity)
        if decision is None or not caller.may_see(decision.project_id):
            raise NotFound("Decision", identity)
        missing: tuple[str, ...] = ()
        if ReasonCode.CAPABILITY_MISSING in decision.refusals and decision.device_id is None:
            missing = self._examiner.missing(decision.service_id)
        if not caller.is_admin:
            return _summary(decision, missing)
        if why_not is WhyNot.NONE:
            return _view(decision, missing)
        each_device = why_not is WhyNot.ALL
        examination = self._examiner.examine(decision.service_id, each_device=each_device)
        note = GONE if examination is None else None
        return _view(decision, missing, why_not=examination, note=note)

    def list(self, caller: Caller, query: Query) -> list[DecisionSummary]:
        """What was stored, without a look at the fleet."""
        query = renamed(query, {"tenant_id": "project_id"})
        if not caller.is_admin:
            _refuse_hidden(query)
            query = narrowed(query, "project_id", caller.project_id)
        with self._store.read() as work:
            found = work.decisions.find(query)
        if caller.is_admin:
            return [_view(decision, ()) for decision in found]
        return [_summary(decision, ()) for decision in found]


def _refuse_hidden(query: Query) -> None:
    for key in (*query.filters, *(sort.key for sort in query.sort)):
        if key in _FOR_ADMINS:
            raise InvalidInput(key, "only an admin may select by this")


def _summary(decision: Decision, missing: tuple[str, ...]) -> DecisionSummary:
    placed = decision.device_id is not None
    return DecisionSummary(
        id=decision.id,
        service_id=decision.service_id,
        project_id=decision.project_id,
        tenant_id=decision.project_id,
        service_type_id=decision.service_type_id,
        decided_at=decision.decided_at,
        placed=placed,
        considered=decision.considered,
        refusals=decision.refusals,
        summary=_in_words(decision, missing),
        advice=() if placed else advice(decision.refusals, missing),
    )


def _in_words(decision: Decision, missing: tuple[str, ...]) -> str:
    if decision.device_id is None:
        return refusal_for_tenant(Placement(decision, None, missing))
    noun = "device" if decision.considered == 1 else "devices"
    return f"Placed: {decision.considered} {noun} considered"


def _view(
    decision: Decision,
    missing: tuple[str, ...],
    *,
    why_not: Examination | None = None,
    note: str | None = None,
) -> DecisionView:
    summary = _summary(decision, missing)
    return DecisionView(
        id=summary.id,
        service_id=summary.service_id,
        project_id=summary.project_id,
        tenant_id=summary.tenant_id,
        service_type_id=summary.service_type_id,
        decided_at=summary.decided_at,
        placed=summary.placed,
        considered=summary.considered,
        refusals=summary.refusals,
        summary=summary.summary,
        advice=summary.advice,
        device_id=decision.device_id,
        fleet_revision=decision.fleet_revision,
        request=decision.request,
        verdicts=tuple(_verdict_view(verdict) for verdict in decision.verdicts),
        why_not=why_not,
        note=note,
    )


def _verdict_view(verdict: Verdict) -> VerdictView:
    return VerdictView(
        device_id=verdict.device_id,
        device_name=verdict.device_name,
        fits=verdict.fits,
        total=verdict.total if verdict.fits else None,
        reasons=verdict.reasons,
        terms=verdict.terms,
    )
