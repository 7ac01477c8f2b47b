"""Use case: how much there is to do, and who does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.domain.device import DeviceStatus
from core.domain.lifecycle import Status
from core.domain.query import Query, Sort
from core.domain.service import Service, ServiceKind
from core.ports.clock import Clock
from core.ports.repository import Repository
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.fleet.access import require_admin
from core.usecases.fleet.agents import Agents, AgentView

PENDING = (Status.PENDING_CREATE, Status.PENDING_UPDATE, Status.PENDING_DELETE)


@dataclass(frozen=True, slots=True)
class PendingView:
    """An object that waits; `changed_at` is when its tenant changed it last, in seconds since
    the epoch, UTC."""

    id: str
    kind: ServiceKind
    project_id: str
    status: Status
    changed_at: float | None


@dataclass(frozen=True, slots=True)
class AgentLoad:
    """What an agent has to do: how many devices it holds, and commands that wait for it."""

    id: str
    host: str
    group: str
    alive: bool
    leaving: bool
    devices: int
    backlog: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogView:
    """Work at `at` (seconds since the epoch, UTC).

    `pending` and `failed` count services that are not settled; of both, `overdue` are those
    whose time to be looked at has come. `fleet_revision` counts the changes of the fleet.
    """

    at: float
    pending: int
    failed: int
    overdue: int
    oldest: PendingView | None
    services: Mapping[str, int]
    devices: Mapping[str, int]
    agents: tuple[AgentLoad, ...]
    fleet_revision: int


class Backlog:
    """For admins."""

    def __init__(self, *, store: Store, agents: Agents, clock: Clock) -> None:
        self._store = store
        self._agents = agents
        self._clock = clock

    def show(self, caller: Caller) -> BacklogView:
        """Everything, as it is now."""
        require_admin(caller)
        now = self._clock.now()
        with self._store.read() as work:
            counts = work.due.counts(now)
            oldest = _oldest(work) if counts.pending else None
            services = _by_status(work.services, Status)
            devices = _by_status(work.devices, DeviceStatus)
            revision = work.feed.position().revision
        return BacklogView(
            at=now,
            pending=counts.pending,
            failed=counts.failed,
            overdue=counts.overdue,
            oldest=oldest,
            services=services,
            devices=devices,
            agents=tuple(_load(each) for each in self._agents.list(caller, Query())),
            fleet_revision=revision,
        )


def _by_status(repository: Repository[Any], statuses: type[StrEnum]) -> dict[str, int]:
    """How many objects have each status that any has."""
    counts = {str(each): repository.count({"status": (each,)}) for each in statuses}
    return {status: count for status, count in counts.items() if count}


def _oldest(work: UnitOfWork) -> PendingView | None:
    longest = Query(filters={"status": PENDING}, sort=(Sort("changed_at"),), limit=1)
    return next((_pending(service) for service in work.services.find(longest)), None)


def _pending(service: Service) -> PendingView:
    return PendingView(
        service.id, service.kind, service.project_id, service.status, service.changed_at
    )


def _load(agent: AgentView) -> AgentLoad:
    return AgentLoad(
        id=agent.id,
        host=agent.host,
        group=agent.group,
        alive=agent.alive,
        leaving=agent.leaving,
        devices=len(agent.devices),
        backlog=agent.backlog,
    )
