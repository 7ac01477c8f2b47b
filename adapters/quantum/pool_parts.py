"""What hangs on pools and agents in LBaaS v1: health monitors, statistics, who serves what."""

from collections.abc import Callable
from typing import Any, Protocol

from neutron import policy
from neutron.api import extensions
from neutron.api.v2 import resource as wsgi
from neutron_lib import context as contexts
from neutron_lib.api import faults
from neutron_lib.plugins import directory

from adapters.quantum.agent_notices import AGENT_TYPE
from adapters.quantum.callers import caller_of
from adapters.quantum.errors import in_neutron_terms
from core.usecases.caller import Caller

Document = dict[str, Any]


class PoolParts(Protocol):
    """The use cases, with documents for requests and responses."""

    def pool(self, caller: Caller, pool_id: str) -> Document:
        """The pool."""

    def associate(self, caller: Caller, pool_id: str, body: Any) -> Document:
        """Have a pool use the health monitor that the body names."""

    def association(self, caller: Caller, pool_id: str, monitor_id: str) -> Document:
        """A pool's use of a health monitor."""

    def disassociate(self, caller: Caller, pool_id: str, monitor_id: str) -> None:
        """Undo `associate`."""

    def statistics(self, caller: Caller, pool_id: str) -> Document:
        """What was measured of a pool."""

    def agent(self, caller: Caller, pool_id: str) -> Document:
        """The agent that serves a pool."""

    def pools(self, caller: Caller, agent_id: str) -> Document:
        """The pools that an agent serves."""


Parts = Callable[[], PoolParts]


class _Controller:
    """Has the policies asked about the pool before anything is done."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def _enforce(self, request: Any, action: str, pool_id: str) -> Caller:
        caller = caller_of(request.context)
        pool = self._parts().pool(caller, pool_id)
        policy.enforce(request.context, action, pool)
        return caller


class Monitors(_Controller):
    """``pools/{pool_id}/health_monitors``."""

    def create(self, request: Any, pool_id: str, body: Any = None) -> Document:
        """POST of a health monitor's identity."""
        with in_neutron_terms():
            caller = self._enforce(request, "create_pool_health_monitor", pool_id)
            return self._parts().associate(caller, pool_id, body)

    def show(self, request: Any, pool_id: str, id: str) -> Document:  # noqa: A002 - Neutron's name
        """GET of one."""
        with in_neutron_terms():
            caller = self._enforce(request, "get_pool_health_monitor", pool_id)
            return self._parts().association(caller, pool_id, id)

    def delete(self, request: Any, pool_id: str, id: str) -> None:  # noqa: A002 - Neutron's name
        """DELETE of one."""
        with in_neutron_terms():
            caller = self._enforce(request, "delete_pool_health_monitor", pool_id)
            self._parts().disassociate(caller, pool_id, id)


class Statistics(_Controller):
    """``pools/{pool_id}/stats``."""

    def index(self, request: Any, pool_id: str) -> Document:
        """GET."""
        with in_neutron_terms():
            caller = self._enforce(request, "get_pool_stats", pool_id)
            return self._parts().statistics(caller, pool_id)


class HostingAgent(_Controller):
    """``pools/{pool_id}/loadbalancer-agent``."""

    def index(self, request: Any, pool_id: str) -> Document:
        """GET."""
        with in_neutron_terms():
            caller = self._enforce(request, "get_loadbalancer-agent", pool_id)
            agent = self._parts().agent(caller, pool_id)
        return {"agent": _listed(host=[agent["id"]]) or agent}


class HostedPools:
    """``agents/{agent_id}/loadbalancer-pools``."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def index(self, request: Any, agent_id: str) -> Document:
        """GET."""
        policy.enforce(request.context, "get_loadbalancer-pools", {})
        listed = _listed(id=[agent_id])
        own_id = agent_id if listed is None else listed["host"]
        with in_neutron_terms():
            return self._parts().pools(caller_of(request.context), own_id)


def of_pools(parts: Parts, prefix: str) -> list[Any]:
    """The resources of LBaaS v1 that hang on a pool, for Neutron's extension manager."""
    return [
        _below_pool("health_monitors", Monitors(parts), prefix),
        _below_pool("stats", Statistics(parts), prefix),
    ]


def of_agents(parts: Parts, prefix: str) -> list[Any]:
    """The resources that tell which agent serves which pool."""
    agents = {"member_name": "agent", "collection_name": "agents"}
    hosted = wsgi.Resource(HostedPools(parts), faults.FAULT_MAP)
    return [
        _below_pool("loadbalancer-agent", HostingAgent(parts), prefix),
        extensions.ResourceExtension("loadbalancer-pools", hosted, agents),
    ]


def _listed(**filters: list[str]) -> Document | None:
    """One of our agents as Neutron lists it, which calls it by another id."""
    wanted = {**filters, "agent_type": [AGENT_TYPE]}
    found = directory.get_plugin().get_agents(contexts.get_admin_context(), filters=wanted)
    agent: Document | None = next(iter(found), None)
    return agent


def _below_pool(collection: str, controller: object, prefix: str) -> Any:
    pools = {"member_name": "pool", "collection_name": "pools"}
    resource = wsgi.Resource(controller, faults.FAULT_MAP)
    return extensions.ResourceExtension(collection, resource, pools, path_prefix=prefix)
