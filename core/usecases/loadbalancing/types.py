"""What tenants send and see of load balancing; field names are those of LBaaS v1.

In an update None means that the field keeps its value. In a view, tuples stand for lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from core.domain.lifecycle import Status
from core.domain.loadbalancer.model import (
    Method,
    MonitorType,
    PersistenceType,
    Protocol,
    SessionPersistence,
)
from core.usecases.resource import UNCHANGED, Unchanged

__all__ = [
    "AssociationView",
    "CreateHealthMonitor",
    "CreateMember",
    "CreatePool",
    "CreateVip",
    "HealthMonitorView",
    "MemberView",
    "Method",
    "MonitorStatus",
    "MonitorType",
    "PersistenceType",
    "PoolUse",
    "PoolView",
    "Protocol",
    "SessionPersistence",
    "UpdateHealthMonitor",
    "UpdateMember",
    "UpdatePool",
    "UpdateVip",
    "VipView",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateVip:
    """A new VIP. `service_type` is a name or an id; None: the default type.

    `connection_limit` -1 means unlimited.
    """

    tenant_id: str | None = None
    name: str = ""
    description: str = ""
    subnet_id: str
    address: str | None = None
    protocol: Protocol
    protocol_port: int
    pool_id: str
    session_persistence: SessionPersistence | None = None
    connection_limit: int = -1
    admin_state_up: bool = True
    service_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateVip:
    """A change of a VIP. `session_persistence` None takes the persistence away."""

    name: str | None = None
    description: str | None = None
    pool_id: str | None = None
    session_persistence: SessionPersistence | Unchanged | None = UNCHANGED
    connection_limit: int | None = None
    admin_state_up: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VipView:
    """A VIP. `service_type` is the type's id; `session_persistence` is empty for none."""

    id: str
    tenant_id: str
    project_id: str
    name: str
    description: str
    subnet_id: str
    address: str
    port_id: str
    protocol: Protocol
    protocol_port: int
    pool_id: str | None
    session_persistence: Mapping[str, str]
    connection_limit: int
    admin_state_up: bool
    status: Status
    status_description: str
    service_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePool:
    """A new pool. `provider` can only be this system's own name.

    The pool is associated with `health_monitors` at once.
    """

    tenant_id: str | None = None
    name: str = ""
    description: str = ""
    subnet_id: str
    protocol: Protocol
    lb_method: Method
    provider: str | None = None
    health_monitors: tuple[str, ...] = ()
    admin_state_up: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePool:
    """A change of a pool. `health_monitors` replaces the monitors that it is associated with."""

    name: str | None = None
    description: str | None = None
    lb_method: Method | None = None
    health_monitors: tuple[str, ...] | None = None
    admin_state_up: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorStatus:
    """How one health monitor of a pool is deployed."""

    monitor_id: str
    status: Status
    status_description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolView:
    """A pool; `vip_id` None: no VIP uses it. `members` and `health_monitors` are ids."""

    id: str
    tenant_id: str
    project_id: str
    vip_id: str | None
    name: str
    description: str
    subnet_id: str
    protocol: Protocol
    provider: str
    lb_method: Method
    members: tuple[str, ...]
    health_monitors: tuple[str, ...]
    health_monitors_status: tuple[MonitorStatus, ...]
    admin_state_up: bool
    status: Status
    status_description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationView:
    """A pool's use of a health monitor."""

    pool_id: str
    monitor_id: str
    status: Status
    status_description: str
    tenant_id: str
    project_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateMember:
    """A new member of a pool."""

    tenant_id: str | None = None
    pool_id: str
    address: str
    protocol_port: int
    weight: int = 1
    admin_state_up: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMember:
    """A change of a member. `pool_id` moves it to another pool."""

    pool_id: str | None = None
    weight: int | None = None
    admin_state_up: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """A member; INACTIVE while the health monitor keeps it out of rotation."""

    id: str
    tenant_id: str
    project_id: str
    pool_id: str
    address: str
    protocol_port: int
    weight: int
    admin_state_up: bool
    status: Status
    status_description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateHealthMonitor:
    """A new health monitor. `delay` and `timeout` are seconds."""

    tenant_id: str | None = None
    type: MonitorType
    delay: int
    timeout: int
    max_retries: int
    http_method: str = "GET"
    url_path: str = "/"
    expected_codes: str = "200"
    admin_state_up: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateHealthMonitor:
    """A change of a health monitor."""

    delay: int | None = None
    timeout: int | None = None
    max_retries: int | None = None
    http_method: str | None = None
    url_path: str | None = None
    expected_codes: str | None = None
    admin_state_up: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolUse:
    """How a health monitor is deployed with one pool."""

    pool_id: str
    status: Status
    status_description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthMonitorView:
    """A health monitor; `status` is the worst of its uses in `pools`.

    Fields named in `SHOWN_UNLESS_NONE` are left out of a response when they are None: the
    HTTP fields of a monitor of another type.
    """

    SHOWN_UNLESS_NONE: ClassVar[frozenset[str]] = frozenset(
        {"http_method", "url_path", "expected_codes"}
    )

    id: str
    tenant_id: str
    project_id: str
    type: MonitorType
    delay: int
    timeout: int
    max_retries: int
    http_method: str | None
    url_path: str | None
    expected_codes: str | None
    admin_state_up: bool
    pools: tuple[PoolUse, ...]
    status: Status
    status_description: str
