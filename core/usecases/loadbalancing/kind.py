"""What the common machinery learns of load balancers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from core.domain.loadbalancer.build import PoolParts, features_of, needs_of, spec_of
from core.domain.loadbalancer.json_terms import json_terms
from core.domain.loadbalancer.model import HealthMonitor, LoadBalancer, Member
from core.domain.placement.request import Requirements
from core.domain.service import Service, ServiceKind
from core.ports.service_kind import Wanted
from core.ports.unit_of_work import UnitOfWork
from core.usecases.lookup import related, related_along


class LoadBalancerKind:
    """Load balancers as a ServiceKindModel."""

    kind = ServiceKind.LOADBALANCER

    def wanted(self, work: UnitOfWork, services: Sequence[Service]) -> dict[str, Wanted]:
        """The networks of VIP and members and the features in use; a LoadBalancerSpec."""
        balancers = _balancers(work, services)
        pools = _pools(work, balancers)
        return {balancer.id: _wanted(balancer, pools) for balancer in balancers}

    def forget(self, work: UnitOfWork, service: Service) -> None:
        """Remove the load balancer, what was measured of it, and its service.

        The first is held before the service, as by tenants who change them.
        """
        work.load_balancers.hold(service.id)
        work.services.hold(service.id)
        work.load_balancers.remove(service.id)
        work.observations.remove(service.id)
        work.services.remove(service.id)


def _wanted(balancer: LoadBalancer, of_all: Mapping[str, PoolParts]) -> Wanted:
    pools = {identity: of_all[identity] for identity in _pool_ids([balancer])}
    parts = list(pools.values())
    requirements = Requirements(
        vip_address=balancer.vip_address,
        networks=needs_of(balancer, parts),
        features=features_of(balancer, parts),
    )
    document: dict[str, object] = json_terms(spec_of(balancer, pools))
    return Wanted(requirements, document)


def _balancers(work: UnitOfWork, services: Sequence[Service]) -> list[LoadBalancer]:
    found = related(work.load_balancers, "id", [service.id for service in services])
    missing = {service.id for service in services} - {balancer.id for balancer in found}
    if missing:
        raise LookupError(f"no load balancer of service {', '.join(sorted(missing))}")
    return found


def _pool_ids(balancers: Sequence[LoadBalancer]) -> list[str]:
    listeners = [listener for balancer in balancers for listener in balancer.listeners]
    return sorted({each.default_pool_id for each in listeners if each.default_pool_id})


def _pools(work: UnitOfWork, balancers: Sequence[LoadBalancer]) -> dict[str, PoolParts]:
    pool_ids = _pool_ids(balancers)
    found = related_along(work.members, "pool_id", pool_ids)
    used = related_along(work.pool_monitors, "pool_id", pool_ids)
    pools = related_along(work.pools, "id", pool_ids)
    members: defaultdict[str, list[Member]] = defaultdict(list)
    for member in found():
        members[member.pool_id].append(member)
    uses = used()
    monitors = {
        each.id: each
        for each in related(work.health_monitors, "id", [use.monitor_id for use in uses])
    }
    checks: defaultdict[str, list[HealthMonitor]] = defaultdict(list)
    for use in uses:
        checks[use.pool_id].append(monitors[use.monitor_id])
    return {
        pool.id: PoolParts(pool=pool, members=members[pool.id], monitors=checks[pool.id])
        for pool in pools()
    }
