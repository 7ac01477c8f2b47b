"""Use cases: which agent serves which pool, as LBaaS v1 lets an admin ask."""

from core.domain.errors import NotFound
from core.domain.query import Query
from core.ports.store import Store
from core.usecases.caller import Caller
from core.usecases.fleet.access import require_admin
from core.usecases.fleet.agents import Agents, AgentView
from core.usecases.loadbalancing.pools import Pools
from core.usecases.loadbalancing.types import PoolView
from core.usecases.lookup import related


class LbaasAgents:
    """A pool is served by the agent that holds the device of the pool's VIP."""

    def __init__(self, *, store: Store, agents: Agents, pools: Pools) -> None:
        self._store = store
        self._agents = agents
        self._pools = pools

    def hosting(self, caller: Caller, pool_id: str) -> AgentView:
        """The agent that serves a pool. Raises NotFound also when none does."""
        require_admin(caller)
        self._pools.show(caller, pool_id)
        with self._store.read() as work:
            users = related(work.load_balancers, "listener.default_pool_id", [pool_id])
            bindings = [work.bindings.get(user.id) for user in users]
            devices = [work.devices.get(each.device_id) for each in bindings if each is not None]
        for device in devices:
            if device is not None and device.agent_id is not None:
                return self._agents.show(caller, device.agent_id)
        raise NotFound("LoadbalancerAgent", f"of pool {pool_id}")

    def hosted(self, caller: Caller, agent_id: str) -> list[PoolView]:
        """The pools that an agent serves, by id."""
        agent = self._agents.show(caller, agent_id)
        with self._store.read() as work:
            bindings = work.bindings.find(Query(filters={"device_id": agent.devices}))
            users = related(work.load_balancers, "id", [each.service_id for each in bindings])
        pools = {listener.default_pool_id for user in users for listener in user.listeners}
        return self._pools.list(caller, Query(filters={"id": tuple(pools - {None})}))
