"""Puts a load balancer's rows together into the tree that drivers get."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.domain.binding import NetworkNeed
from core.domain.device import Capabilities
from core.domain.loadbalancer.model import HealthMonitor, Listener, LoadBalancer, Member, Pool
from core.domain.loadbalancer.rules import status_codes
from core.domain.loadbalancer.spec import (
    ListenerSpec,
    LoadBalancerSpec,
    MemberSpec,
    MonitorSpec,
    PoolSpec,
    VipSpec,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolParts:
    """A pool with all that belongs to it."""

    pool: Pool
    members: Sequence[Member] = ()
    monitors: Sequence[HealthMonitor] = ()

    @property
    def enabled_monitors(self) -> list[HealthMonitor]:
        """The monitors that a device must run; a disabled one is as if it were not there."""
        return [monitor for monitor in self.monitors if monitor.admin_state_up]


def spec_of(balancer: LoadBalancer, pools: Mapping[str, PoolParts]) -> LoadBalancerSpec:
    """The whole load balancer. Parts stand in the order of their ids, whatever order they came in,
    so that equal states give equal trees."""
    return LoadBalancerSpec(
        id=balancer.id,
        project_id=balancer.project_id,
        name=balancer.name,
        enabled=balancer.admin_state_up,
        vip=VipSpec(
            address=balancer.vip_address,
            network_id=balancer.vip_network_id,
            subnet_id=balancer.vip_subnet_id,
            port_id=balancer.vip_port_id,
        ),
        listeners=tuple(
            _listener(listener, pools)
            for listener in sorted(balancer.listeners, key=lambda each: each.id)
        ),
    )


def needs_of(balancer: LoadBalancer, pools: Iterable[PoolParts]) -> tuple[NetworkNeed, ...]:
    """Network A, then each network B that is not A, once."""
    needs = {balancer.vip_network_id: balancer.vip_cidr}
    for parts in pools:
        needs.setdefault(parts.pool.network_id, parts.pool.cidr)
    return tuple(NetworkNeed(network_id=network, cidr=cidr) for network, cidr in needs.items())


def features_of(balancer: LoadBalancer, pools: Sequence[PoolParts]) -> Capabilities:
    """What a device must be able to do for this load balancer."""
    listeners = balancer.listeners
    return Capabilities(
        protocols=frozenset(str(each.protocol) for each in listeners)
        | frozenset(str(parts.pool.protocol) for parts in pools),
        methods=frozenset(str(parts.pool.method) for parts in pools),
        monitors=frozenset(
            str(monitor.type) for parts in pools for monitor in parts.enabled_monitors
        ),
        persistences=frozenset(
            str(each.session_persistence.type) for each in listeners if each.session_persistence
        ),
    )


def _listener(listener: Listener, pools: Mapping[str, PoolParts]) -> ListenerSpec:
    pool_id = listener.default_pool_id
    return ListenerSpec(
        id=listener.id,
        protocol=listener.protocol,
        port=listener.protocol_port,
        connection_limit=listener.connection_limit,
        enabled=listener.admin_state_up,
        default_pool=None if pool_id is None else _pool(listener, pools[pool_id]),
    )


def _pool(listener: Listener, parts: PoolParts) -> PoolSpec:
    pool = parts.pool
    members = sorted(parts.members, key=lambda each: each.id)
    monitors = sorted(parts.enabled_monitors, key=lambda each: each.id)
    return PoolSpec(
        id=pool.id,
        protocol=pool.protocol,
        method=pool.method,
        enabled=pool.admin_state_up,
        session_persistence=listener.session_persistence,
        network_id=pool.network_id,
        members=tuple(_member(member) for member in members),
        monitors=tuple(_monitor(monitor) for monitor in monitors),
    )


def _member(member: Member) -> MemberSpec:
    return MemberSpec(
        id=member.id,
        address=member.address,
        port=member.protocol_port,
        weight=member.weight,
        enabled=member.admin_state_up,
    )


def _monitor(monitor: HealthMonitor) -> MonitorSpec:
    return MonitorSpec(
        id=monitor.id,
        type=monitor.type,
        delay=monitor.delay,
        timeout=monitor.timeout,
        max_retries=monitor.max_retries,
        http_method=monitor.http_method,
        url_path=monitor.url_path,
        expected_codes=status_codes(monitor.expected_codes),
    )
