"""The load balancer as tenants describe it.

The shape is that of Octavia: a load balancer has a VIP and listeners, a listener sends to a
default pool, a pool has members and health monitors. An LBaaS v1 "vip" is a load balancer
with exactly one listener. Pools and health monitors exist without a load balancer.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.domain.service import Stamp


class Protocol(StrEnum):
    """What a listener or pool speaks. HTTPS is passed through, not terminated (LBaaS v1)."""

    TCP = "TCP"
    HTTP = "HTTP"
    HTTPS = "HTTPS"


class Method(StrEnum):
    """How a pool spreads requests over its members."""

    ROUND_ROBIN = "ROUND_ROBIN"
    LEAST_CONNECTIONS = "LEAST_CONNECTIONS"
    SOURCE_IP = "SOURCE_IP"


class PersistenceType(StrEnum):
    """How a client finds the same member again."""

    SOURCE_IP = "SOURCE_IP"
    HTTP_COOKIE = "HTTP_COOKIE"
    APP_COOKIE = "APP_COOKIE"


class MonitorType(StrEnum):
    """How a member's health is checked."""

    PING = "PING"
    TCP = "TCP"
    HTTP = "HTTP"
    HTTPS = "HTTPS"


@dataclass(frozen=True, slots=True)
class SessionPersistence:
    """Stickiness of a listener; `cookie_name` is given exactly for APP_COOKIE."""

    type: PersistenceType
    cookie_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A port of a VIP. `connection_limit` None means unlimited."""

    id: str
    load_balancer_id: str
    protocol: Protocol
    protocol_port: int
    connection_limit: int | None = None
    default_pool_id: str | None = None
    session_persistence: SessionPersistence | None = None
    admin_state_up: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """A VIP and its listeners. `id` is that of its service.

    The address is reserved before the load balancer is stored, so it is always known.
    `vip_network_id` and `vip_cidr` are those of its subnet, kept for placement.
    """

    id: str
    project_id: str
    name: str = ""
    description: str = ""
    vip_network_id: str
    vip_subnet_id: str
    vip_cidr: str
    vip_address: str
    vip_port_id: str
    admin_state_up: bool = True
    listeners: tuple[Listener, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A group of members. `network_id` and `cidr` are those of its subnet, for placement."""

    id: str
    project_id: str
    name: str = ""
    description: str = ""
    network_id: str
    subnet_id: str
    cidr: str
    protocol: Protocol
    method: Method
    admin_state_up: bool = True
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A server that answers for a pool. Unique by (pool, address, protocol_port)."""

    id: str
    project_id: str
    pool_id: str
    address: str
    protocol_port: int
    weight: int = 1
    admin_state_up: bool = True
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthMonitor:
    """A check that pools may use; one monitor can serve many pools (LBaaS v1).

    `delay` and `timeout` are seconds. The three HTTP fields have a meaning for HTTP and
    HTTPS only; `expected_codes` is a list ("200,202") or a range ("200-204").
    """

    id: str
    project_id: str
    type: MonitorType
    delay: int
    timeout: int
    max_retries: int
    http_method: str = "GET"
    url_path: str = "/"
    expected_codes: str = "200"
    admin_state_up: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolMonitor:
    """A pool's use of a health monitor. Unique by (pool, monitor)."""

    id: str
    project_id: str
    pool_id: str
    monitor_id: str
    stamp: Stamp | None = None
