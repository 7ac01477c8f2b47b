"""Use cases: the records of placement. Tenants see theirs without other people's devices."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.domain.errors import InvalidInput, NotFound
from core.domain.placement.decision import Decision, Term, Verdict
from core.domain.placement.reasons import Reason
from core.domain.query import Query
from core.ports.store import Store
from core.usecases.caller import Caller
from core.usecases.fleet.access import narrowed, renamed

_FOR_ADMINS = frozenset({"device_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSummary:
    """A decision in the tenant's terms: how it ended, and how often each reason was given.

    `decided_at` is in seconds since the epoch, UTC.
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
    """A decision with the request and every device's verdict, the best first."""

    device_id: str | None
    request: Mapping[str, object]
    verdicts: tuple[VerdictView, ...]


class Decisions:
    """Tells why each service is where it is."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def show(self, caller: Caller, identity: str) -> DecisionSummary:
        with self._store.read() as work:
            decision = work.decisions.get(identity)
        if decision is None or not caller.may_see(decision.project_id):
            raise NotFound("Decision", identity)
        return _view(caller, decision)

    def list(self, caller: Caller, query: Query) -> list[DecisionSummary]:
        query = renamed(query, {"tenant_id": "project_id"})
        if not caller.is_admin:
            _refuse_hidden(query)
            query = narrowed(query, "project_id", caller.project_id)
        with self._store.read() as work:
            found = work.decisions.find(query)
        return [_view(caller, decision) for decision in found]


def _refuse_hidden(query: Query) -> None:
    for key in (*query.filters, *(sort.key for sort in query.sort)):
        if key in _FOR_ADMINS:
            raise InvalidInput(key, "only an admin may select by this")


def _view(caller: Caller, decision: Decision) -> DecisionSummary:
    summary = DecisionSummary(
        id=decision.id,
        service_id=decision.service_id,
        project_id=decision.project_id,
        tenant_id=decision.project_id,
        service_type_id=decision.service_type_id,
        decided_at=decision.decided_at,
        placed=decision.device_id is not None,
        considered=decision.considered,
        refusals=decision.refusals,
    )
    if not caller.is_admin:
        return summary
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
        device_id=decision.device_id,
        request=decision.request,
        verdicts=tuple(_verdict_view(verdict) for verdict in decision.verdicts),
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
