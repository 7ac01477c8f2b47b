"""What is sent and seen of networks and subnets; field names are Neutron's.

In an update None means that the field keeps its value. In a view, tuples stand for lists.
"""

from dataclasses import dataclass
from typing import ClassVar

from core.domain.network import AllocationPool
from core.usecases.resource import UNCHANGED, Unchanged

__all__ = [
    "AllocationPool",
    "CreateNetwork",
    "CreateSubnet",
    "HostRoute",
    "NetworkView",
    "SubnetView",
    "UpdateNetwork",
    "UpdateSubnet",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateNetwork:
    """A new network. Only admins may share one with all projects, or name its VLAN."""

    tenant_id: str | None = None
    name: str = ""
    description: str = ""
    admin_state_up: bool = True
    shared: bool = False
    segmentation_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateNetwork:
    """A change of a network. `segmentation_id` None takes the VLAN away."""

    name: str | None = None
    description: str | None = None
    admin_state_up: bool | None = None
    shared: bool | None = None
    segmentation_id: int | Unchanged | None = UNCHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkView:
    """A network; `subnets` are ids. `segmentation_id` is None for all but admins."""

    SHOWN_UNLESS_NONE: ClassVar[frozenset[str]] = frozenset({"segmentation_id"})

    id: str
    tenant_id: str
    project_id: str
    name: str
    description: str
    admin_state_up: bool
    status: str
    shared: bool
    segmentation_id: int | None
    subnets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostRoute:
    """A route that hosts of a subnet are told of."""

    destination: str
    nexthop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSubnet:
    """A new subnet. `gateway_ip`: UNCHANGED for the first address, None for no gateway.

    `allocation_pools` None: all host addresses but the gateway.
    """

    tenant_id: str | None = None
    network_id: str
    name: str = ""
    description: str = ""
    cidr: str
    ip_version: int | None = None
    gateway_ip: str | Unchanged | None = UNCHANGED
    allocation_pools: tuple[AllocationPool, ...] | None = None
    enable_dhcp: bool = True
    dns_nameservers: tuple[str, ...] = ()
    host_routes: tuple[HostRoute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSubnet:
    """A change of a subnet. `gateway_ip` None takes the gateway away."""

    name: str | None = None
    description: str | None = None
    gateway_ip: str | Unchanged | None = UNCHANGED
    allocation_pools: tuple[AllocationPool, ...] | None = None
    enable_dhcp: bool | None = None
    dns_nameservers: tuple[str, ...] | None = None
    host_routes: tuple[HostRoute, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetView:
    """A subnet."""

    id: str
    tenant_id: str
    project_id: str
    network_id: str
    name: str
    description: str
    cidr: str
    ip_version: int
    gateway_ip: str | None
    allocation_pools: tuple[AllocationPool, ...]
    enable_dhcp: bool
    dns_nameservers: tuple[str, ...]
    host_routes: tuple[HostRoute, ...]
