"""The load balancer as a driver gets it: whole, self-contained, in one tree.

It carries only what a device must do. Everything here survives a trip through JSON: plain
dataclasses, enums, tuples, strings, integers and booleans.
"""

from dataclasses import dataclass

from core.domain.loadbalancer.model import (
    Method,
    MonitorType,
    Protocol,
    SessionPersistence,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSpec:
    """One server. A disabled member gets no new connections."""

    id: str
    address: str
    port: int
    weight: int
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorSpec:
    """One enabled health check; `delay` and `timeout` in seconds.

    `expected_codes` lists the HTTP status codes that pass, ranges already spelled out.
    """

    id: str
    type: MonitorType
    delay: int
    timeout: int
    max_retries: int
    http_method: str
    url_path: str
    expected_codes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSpec:
    """Where requests go. A disabled pool answers as one without members.

    With several monitors a member is up while it passes all of them.
    """

    id: str
    protocol: Protocol
    method: Method
    enabled: bool
    session_persistence: SessionPersistence | None
    network_id: str
    members: tuple[MemberSpec, ...]
    monitors: tuple[MonitorSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSpec:
    """A port to listen on. A disabled listener's port is closed."""

    id: str
    protocol: Protocol
    port: int
    connection_limit: int | None
    enabled: bool
    default_pool: PoolSpec | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VipSpec:
    """The address to listen on, and the network it belongs to."""

    address: str
    network_id: str
    subnet_id: str
    port_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancerSpec:
    """All that one device must do for one load balancer. Disabled: all its ports are closed."""

    id: str
    project_id: str
    name: str
    enabled: bool
    vip: VipSpec
    listeners: tuple[ListenerSpec, ...]
