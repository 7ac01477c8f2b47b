"""Use cases: the agents that run device drivers. Read only, for admins."""

from dataclasses import dataclass

from core.domain.agent import Agent
from core.domain.errors import NotFound
from core.domain.query import Query, evaluate
from core.ports.clock import Clock
from core.ports.store import Store
from core.usecases.caller import Caller
from core.usecases.fleet.access import require_admin

ALIVE_FOR = 15.0
"""Seconds after its last hello that an agent counts as alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentView:
    """An agent; times are in seconds since the epoch, UTC. `backlog`: commands that wait."""

    id: str
    host: str
    version: str
    drivers: tuple[str, ...]
    devices: tuple[str, ...]
    backlog: int
    started_at: float
    seen_at: float
    alive: bool


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
        return self._view(agent)

    def list(self, caller: Caller, query: Query) -> list[AgentView]:
        require_admin(caller)
        with self._store.read() as work:
            agents = work.agents.find(Query())
        return evaluate(map(self._view, agents), query, getattr)

    def _view(self, agent: Agent) -> AgentView:
        return AgentView(
            id=agent.id,
            host=agent.host,
            version=agent.version,
            drivers=agent.drivers,
            devices=agent.devices,
            backlog=agent.backlog,
            started_at=agent.started_at,
            seen_at=agent.seen_at,
            alive=self._clock.now() - agent.seen_at <= ALIVE_FOR,
        )
