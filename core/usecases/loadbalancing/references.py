"""The other objects that a tenant names, checked to be there for him."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from core.domain.errors import InvalidInput, NotFound
from core.domain.loadbalancer.model import HealthMonitor, Pool
from core.domain.network import SubnetInfo
from core.domain.query import Query
from core.domain.service import ServiceKind
from core.domain.service_type import ServiceType
from core.ports.ipam import Ipam
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.lookup import held

Subnets = Callable[[], dict[str, SubnetInfo]]
"""Gives subnets that were asked for, by id."""


def usable_subnets(
    ipam: Ipam, caller: Caller, subnet_ids: Iterable[str], work: UnitOfWork | None = None
) -> Subnets:
    """The subnets, if the caller may use them, asked for as in Repository.along. With
    `work`, they stay as they are until that ends. Raises NotFound when called."""
    wanted = sorted(set(subnet_ids))
    asked = {
        each: partial(ipam.subnet, each) if work is None else ipam.subnet_along(each, work)
        for each in wanted
    }
    return lambda: {each: _usable(ask(), caller, each) for each, ask in asked.items()}


def _usable(subnet: SubnetInfo | None, caller: Caller, subnet_id: str) -> SubnetInfo:
    if subnet is None or not (caller.is_admin or subnet.visible_to(caller.project_id)):
        raise NotFound("Subnet", subnet_id)
    return subnet


def usable_pool(pools: Mapping[str, Pool], caller: Caller, pool_id: str, project_id: str) -> Pool:
    """One of the pools that are there, for an object of `project_id`. Raises NotFound or
    InvalidInput."""
    pool = pools.get(pool_id)
    if pool is None or not caller.may_see(pool.project_id):
        raise NotFound("Pool", pool_id)
    if pool.project_id != project_id:
        raise InvalidInput("pool_id", f"pool {pool_id} belongs to another project")
    return pool


def held_monitor(
    work: UnitOfWork, caller: Caller, monitor_id: str, project_id: str
) -> HealthMonitor:
    """The monitor, for a pool of `project_id`, held. Raises NotFound or InvalidInput."""
    monitor = held(work.health_monitors, caller, "HealthMonitor", monitor_id)
    if monitor.project_id != project_id:
        raise InvalidInput(
            "health_monitor", f"health monitor {monitor_id} belongs to another project"
        )
    return monitor


class TypeFinder:
    """Finds service types of load balancers by what tenants call them.

    It remembers which one that was, so that it is read once, when it is held.
    """

    def __init__(self) -> None:
        self._known: dict[str | None, str] = {}

    def held_along(self, work: UnitOfWork, wanted: str | None) -> Callable[[], ServiceType]:
        """The type with this id or name, which is not removed before the unit of work ends;
        None: the default type. It is asked for as in Repository.along where it was found
        before. Raises NotFound, perhaps when called."""
        known = self._known.get(wanted)
        if known is None:
            found = self._held(work, wanted)
            return lambda: found
        asked = work.service_types.along.hold(known, shared=True)

        def answer() -> ServiceType:
            again = asked()
            if again is not None and _is_called(again, wanted):
                return again
            return self._held(work, wanted)

        return answer

    def _held(self, work: UnitOfWork, wanted: str | None) -> ServiceType:
        for candidate in _candidates(work, wanted):
            if candidate.kind is ServiceKind.LOADBALANCER:
                found = work.service_types.hold(candidate.id, shared=True)
                if found is not None:
                    self._known[wanted] = found.id
                    return found
        raise NotFound("ServiceType", wanted or "that is the default for load balancers")


def _is_called(service_type: ServiceType, wanted: str | None) -> bool:
    if wanted is None:
        return service_type.default
    return wanted in (service_type.id, service_type.name)


def _candidates(work: UnitOfWork, wanted: str | None) -> Iterator[ServiceType]:
    if wanted is None:
        yield from work.service_types.find(Query(filters={"default": (True,)}))
        return
    known = work.service_types.get(wanted)
    if known is not None:
        yield known
    yield from work.service_types.find(Query(filters={"name": (wanted,)}))
