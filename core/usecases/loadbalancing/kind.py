"""What the common machinery learns of load balancers."""

from collections import defaultdict

from core.domain.loadbalancer.build import PoolParts, features_of, needs_of, spec_of
from core.domain.loadbalancer.json_terms import json_terms
from core.domain.loadbalancer.model import HealthMonitor, LoadBalancer, Member
from core.domain.placement.request import Requirements
from core.domain.service import Service, ServiceKind
from core.ports.service_kind import Wanted
from core.ports.unit_of_work import UnitOfWork
from core.usecases.lookup import related


class LoadBalancerKind:
    """Load balancers as a ServiceKindModel."""

    kind = ServiceKind.LOADBALANCER

    def wanted(self, work: UnitOfWork, service: Service) -> Wanted:
        """The networks of VIP and members and the features in use; a LoadBalancerSpec."""
        balancer, pools = _load(work, service)
        parts = list(pools.values())
        requirements = Requirements(
            vip_address=balancer.vip_address,
            networks=needs_of(balancer, parts),
            features=features_of(balancer, parts),
        )
        document: dict[str, object] = json_terms(spec_of(balancer, pools))
        return Wanted(requirements, document)

    def forget(self, work: UnitOfWork, service: Service) -> None:
        """Remove the load balancer, what was measured of it, and its service."""
        work.load_balancers.remove(service.id)
        work.observations.remove(service.id)
        work.services.remove(service.id)


def _load(work: UnitOfWork, service: Service) -> tuple[LoadBalancer, dict[str, PoolParts]]:
    balancer = work.load_balancers.get(service.id)
    if balancer is None:
        raise LookupError(f"service {service.id} has no load balancer")
    pool_ids = [each.default_pool_id for each in balancer.listeners if each.default_pool_id]
    members: defaultdict[str, list[Member]] = defaultdict(list)
    for member in related(work.members, "pool_id", pool_ids):
        members[member.pool_id].append(member)
    uses = related(work.pool_monitors, "pool_id", pool_ids)
    monitors = {
        each.id: each
        for each in related(work.health_monitors, "id", [use.monitor_id for use in uses])
    }
    checks: defaultdict[str, list[HealthMonitor]] = defaultdict(list)
    for use in uses:
        checks[use.pool_id].append(monitors[use.monitor_id])
    pools = {
        pool.id: PoolParts(pool=pool, members=members[pool.id], monitors=checks[pool.id])
        for pool in related(work.pools, "id", pool_ids)
    }
    return balancer, pools
