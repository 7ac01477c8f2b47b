"""Rows as tenants see them. Each function takes a page of rows and needs few queries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, cast

from core.domain.loadbalancer.model import (
    HealthMonitor,
    LoadBalancer,
    Member,
    Pool,
    PoolMonitor,
    SessionPersistence,
)
from core.domain.loadbalancer.rules import HTTP_MONITORS
from core.domain.loadbalancer.status import member_status, worst
from core.domain.service import Service
from core.ports.unit_of_work import UnitOfWork
from core.usecases.loadbalancing.deployments import Deployments, services_by_id
from core.usecases.loadbalancing.retries import telling_retry
from core.usecases.loadbalancing.types import (
    AssociationView,
    HealthMonitorView,
    MemberView,
    MonitorStatus,
    PoolUse,
    PoolView,
    VipView,
)
from core.usecases.lookup import related

PROVIDER = "pierhead"
"""What pools show as their provider."""

_NO_PERSISTENCE: Mapping[str, str] = {}


def vip_views(work: UnitOfWork, balancers: Sequence[LoadBalancer]) -> list[VipView]:
    """VIPs, each with the status of its service."""
    services = services_by_id(work, [each.id for each in balancers])
    return [vip_view(each, services[each.id]) for each in balancers]


def vip_view(balancer: LoadBalancer, service: Service) -> VipView:
    """A VIP with its service."""
    (listener,) = balancer.listeners
    service = telling_retry(service)
    limit = listener.connection_limit
    return VipView(
        id=balancer.id,
        tenant_id=balancer.project_id,
        project_id=balancer.project_id,
        name=balancer.name,
        description=balancer.description,
        subnet_id=balancer.vip_subnet_id,
        address=balancer.vip_address,
        port_id=balancer.vip_port_id,
        protocol=listener.protocol,
        protocol_port=listener.protocol_port,
        pool_id=listener.default_pool_id,
        session_persistence=_persistence(listener.session_persistence),
        connection_limit=-1 if limit is None else limit,
        admin_state_up=balancer.admin_state_up,
        status=service.status,
        status_description=service.status_description,
        service_type=service.service_type_id,
    )


def pool_views(work: UnitOfWork, pools: Sequence[Pool]) -> list[PoolView]:
    """Pools with their members and health monitors."""
    ids = [each.id for each in pools]
    deployments = Deployments.of_pools(work, ids)
    members: defaultdict[str, list[str]] = defaultdict(list)
    for member in related(work.members, "pool_id", ids):
        members[member.pool_id].append(member.id)
    uses: defaultdict[str, list[PoolMonitor]] = defaultdict(list)
    for use in related(work.pool_monitors, "pool_id", ids):
        uses[use.pool_id].append(use)
    return [_pool(each, deployments, members[each.id], uses[each.id]) for each in pools]


def member_views(work: UnitOfWork, members: Sequence[Member]) -> list[MemberView]:
    """Members, each with what its deployment and its health check say."""
    deployments = Deployments.of_pools(work, [each.pool_id for each in members])
    service_ids = sorted({service.id for service in deployments.by_pool.values()})
    health: dict[str, Any] = {}
    for observation in work.observations.of(service_ids).values():
        health.update(cast("Mapping[str, Any]", observation.get("members", {})))
    return [_member(each, deployments.service(each.pool_id), health) for each in members]


def monitor_views(work: UnitOfWork, monitors: Sequence[HealthMonitor]) -> list[HealthMonitorView]:
    """Health monitors with the pools that use them."""
    uses: defaultdict[str, list[PoolMonitor]] = defaultdict(list)
    for use in related(work.pool_monitors, "monitor_id", [each.id for each in monitors]):
        uses[use.monitor_id].append(use)
    used = [use.pool_id for some in uses.values() for use in some]
    deployments = Deployments.of_pools(work, used)
    return [_monitor(each, uses[each.id], deployments) for each in monitors]


def association_view(work: UnitOfWork, use: PoolMonitor) -> AssociationView:
    """One pool's use of one health monitor."""
    status, description = Deployments.of_pools(work, [use.pool_id]).status(use.pool_id, use.stamp)
    return AssociationView(
        pool_id=use.pool_id,
        monitor_id=use.monitor_id,
        status=status,
        status_description=description,
        tenant_id=use.project_id,
        project_id=use.project_id,
    )


def _persistence(persistence: SessionPersistence | None) -> Mapping[str, str]:
    if persistence is None:
        return _NO_PERSISTENCE
    if persistence.cookie_name is None:
        return {"type": persistence.type.value}
    return {"type": persistence.type.value, "cookie_name": persistence.cookie_name}


def _pool(
    pool: Pool, deployments: Deployments, members: list[str], uses: list[PoolMonitor]
) -> PoolView:
    service = deployments.service(pool.id)
    status, description = deployments.status(pool.id, pool.stamp)
    monitors = []
    for use in uses:
        state, why = deployments.status(pool.id, use.stamp)
        monitors.append(
            MonitorStatus(monitor_id=use.monitor_id, status=state, status_description=why)
        )
    return PoolView(
        id=pool.id,
        tenant_id=pool.project_id,
        project_id=pool.project_id,
        vip_id=None if service is None else service.id,
        name=pool.name,
        description=pool.description,
        subnet_id=pool.subnet_id,
        protocol=pool.protocol,
        provider=PROVIDER,
        lb_method=pool.method,
        members=tuple(members),
        health_monitors=tuple(use.monitor_id for use in uses),
        health_monitors_status=tuple(monitors),
        admin_state_up=pool.admin_state_up,
        status=status,
        status_description=description,
    )


def _member(member: Member, service: Service | None, health: Mapping[str, Any]) -> MemberView:
    status, description = member_status(member.stamp, service, health.get(member.id))
    return MemberView(
        id=member.id,
        tenant_id=member.project_id,
        project_id=member.project_id,
        pool_id=member.pool_id,
        address=member.address,
        protocol_port=member.protocol_port,
        weight=member.weight,
        admin_state_up=member.admin_state_up,
        status=status,
        status_description=description,
    )


def _monitor(
    monitor: HealthMonitor, uses: list[PoolMonitor], deployments: Deployments
) -> HealthMonitorView:
    http = monitor.type in HTTP_MONITORS
    statuses = [(use, deployments.status(use.pool_id, use.stamp)) for use in uses]
    status, description = worst(each for _, each in statuses)
    return HealthMonitorView(
        id=monitor.id,
        tenant_id=monitor.project_id,
        project_id=monitor.project_id,
        type=monitor.type,
        delay=monitor.delay,
        timeout=monitor.timeout,
        max_retries=monitor.max_retries,
        http_method=monitor.http_method if http else None,
        url_path=monitor.url_path if http else None,
        expected_codes=monitor.expected_codes if http else None,
        admin_state_up=monitor.admin_state_up,
        pools=tuple(
            PoolUse(pool_id=use.pool_id, status=state, status_description=why)
            for use, (state, why) in statuses
        ),
        status=status,
        status_description=description,
    )
