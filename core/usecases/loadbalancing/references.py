"""The other objects that a tenant names, checked to be there for him."""

from core.domain.errors import InvalidInput, NotFound
from core.domain.loadbalancer.model import HealthMonitor, Pool
from core.domain.network import SubnetInfo
from core.domain.query import Query
from core.domain.service import ServiceKind
from core.domain.service_type import ServiceType
from core.ports.network_wirer import NetworkWirer
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.lookup import owned


def usable_subnet(wirer: NetworkWirer, caller: Caller, subnet_id: str) -> SubnetInfo:
    """The subnet, if the caller may use it. Raises NotFound."""
    subnet = wirer.subnet(subnet_id)
    if subnet is None or not (caller.is_admin or subnet.visible_to(caller.project_id)):
        raise NotFound("Subnet", subnet_id)
    return subnet


def usable_pool(work: UnitOfWork, caller: Caller, pool_id: str, project_id: str) -> Pool:
    """The pool, for an object of `project_id`. Raises NotFound or InvalidInput."""
    pool = owned(work.pools, caller, "Pool", pool_id)
    if pool.project_id != project_id:
        raise InvalidInput("pool_id", f"pool {pool_id} belongs to another project")
    return pool


def usable_monitor(
    work: UnitOfWork, caller: Caller, monitor_id: str, project_id: str
) -> HealthMonitor:
    """The monitor, for a pool of `project_id`. Raises NotFound or InvalidInput."""
    monitor = owned(work.health_monitors, caller, "HealthMonitor", monitor_id)
    if monitor.project_id != project_id:
        raise InvalidInput(
            "health_monitor", f"health monitor {monitor_id} belongs to another project"
        )
    return monitor


def service_type(work: UnitOfWork, wanted: str | None) -> ServiceType:
    """The load balancer type with this id or name; None: the default type. Raises NotFound."""
    if wanted is None:
        candidates = work.service_types.find(Query(filters={"default": (True,)}))
    else:
        known = work.service_types.get(wanted)
        candidates = [known] if known else []
        candidates += work.service_types.find(Query(filters={"name": (wanted,)}))
    for candidate in candidates:
        if candidate.kind is ServiceKind.LOADBALANCER:
            return candidate
    raise NotFound("ServiceType", wanted or "that is the default for load balancers")
