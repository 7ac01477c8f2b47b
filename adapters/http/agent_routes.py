"""Which agent serves which pool."""

import falcon

from adapters.http.endpoint import encode
from adapters.http.identity import caller_of
from adapters.http.routes import check_identity
from core.usecases.fleet.lbaas_agents import LbaasAgents


class PoolAgent:
    """GET of the agent that serves a pool."""

    def __init__(self, agents: LbaasAgents) -> None:
        self._agents = agents

    def on_get(self, request: falcon.Request, response: falcon.Response, identity: str) -> None:
        check_identity("Pool", identity)
        response.data = encode({"agent": self._agents.hosting(caller_of(request), identity)})

    on_head = on_get


class AgentPools:
    """GET of the pools that an agent serves."""

    def __init__(self, agents: LbaasAgents) -> None:
        self._agents = agents

    def on_get(self, request: falcon.Request, response: falcon.Response, identity: str) -> None:
        check_identity("Agent", identity)
        response.data = encode({"pools": self._agents.hosted(caller_of(request), identity)})

    on_head = on_get
