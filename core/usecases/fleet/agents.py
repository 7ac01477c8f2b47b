"""Use cases: the agents that run device drivers. Read only, for admins."""

from dataclasses import dataclass

from core.domain.agent import Agent
from core.domain.errors import NotFound
from core.domain.query import Query, evaluate
from core.ports.clock import Clock
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.fleet.access import require_admin


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentView:
    """An agent; times are in seconds since the epoch, UTC, and `heartbeat` in seconds.

    `devices` are those that it holds, `backlog` is the number of commands that wait for it.
    `alive`: it may act on its devices; not when it is `leaving` or was silent for too long.
    """

    id: str
    group: str
    zones: tuple[str, ...]
    host: str
    version: str
    drivers: tuple[str, ...]
    devices: tuple[str, ...]
    backlog: int
    started_at: float
    seen_at: float
    heartbeat: float
    alive: bool
    leaving: bool


class Agents:
    """Tells which agents said hello, and when."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def show(self, caller: Caller, identity: str) -> AgentView:
        require_admin(caller)
        with self._store.read() as work:
            agent = work.agents.get(identity)
            if agent is None:
                raise NotFound("Agent", identity)
            return self._view(work, agent)

    def list(self, caller: Caller, query: Query) -> list[AgentView]:
        require_admin(caller)
        with self._store.read() as work:
            views = [self._view(work, agent) for agent in work.agents.find(Query())]
        return evaluate(views, query, getattr)

    def _view(self, work: UnitOfWork, agent: Agent) -> AgentView:
        held = work.devices.find(Query(filters={"agent_id": (agent.id,)}))
        return AgentView(
            id=agent.id,
            group=agent.group,
            zones=agent.zones,
            host=agent.host,
            version=agent.version,
            drivers=agent.drivers,
            devices=tuple(sorted(device.id for device in held)),
            backlog=agent.backlog,
            started_at=agent.started_at,
            seen_at=agent.seen_at,
            heartbeat=agent.heartbeat,
            alive=agent.is_alive(self._clock.now()),
            leaving=agent.leaving,
        )
