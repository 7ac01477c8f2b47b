"""What operators send and see of devices."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.binding import Usage
from core.domain.device import (
    VIPS,
    AdminState,
    Capabilities,
    Device,
    DeviceStatus,
    DriverInfo,
    Limits,
    Parameters,
    effective_limits,
)
from core.domain.wiring import VIRTUAL, DeviceWiring
from core.usecases.resource import UNCHANGED, Unchanged

DEFAULT_GROUP = "default"
"""The group of agents that devices belong to unless another is named."""

COMMON_LIMITS = frozenset({VIPS, "throughput", "connections"})
"""Limits that a device of any driver can be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDevice:
    """A new device. `project_id` None: shared; a tenant's device is always the tenant's own."""

    name: str
    driver: str
    parameters: Parameters = field(default_factory=dict, repr=False)
    limits: Limits = field(default_factory=dict)
    project_id: str | None = None
    zone: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    device_pool: str | None = None
    isolates_overlapping: bool | None = None
    admin_state: AdminState = AdminState.ENABLED
    agent_group: str = DEFAULT_GROUP
    wiring: DeviceWiring = VIRTUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateDevice:
    """A change of a device; None keeps a value, unless None is a value of the field.

    `parameters` replaces all that is shown of them. A secret that is not named keeps its
    value, one that is null is removed.
    """

    name: str | None = None
    parameters: Parameters | None = field(default=None, repr=False)
    limits: Limits | None = None
    project_id: str | Unchanged | None = UNCHANGED
    zone: str | Unchanged | None = UNCHANGED
    labels: Mapping[str, str] | None = None
    device_pool: str | Unchanged | None = UNCHANGED
    isolates_overlapping: bool | Unchanged | None = UNCHANGED
    admin_state: AdminState | None = None
    agent_group: str | None = None
    wiring: DeviceWiring | None = None


@dataclass(frozen=True, slots=True)
class CapabilitiesView:
    """Capabilities as sorted lists."""

    protocols: tuple[str, ...]
    methods: tuple[str, ...]
    monitors: tuple[str, ...]
    persistences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """How much of a resource is claimed; `limit` None: unlimited. `over`: more than the limit,
    because that was lowered or a service type oversubscribes."""

    used: int
    limit: int | None
    over: bool


@dataclass(frozen=True, slots=True)
class NetworkUse:
    """A network that a device is on, or is about to be on."""

    network_id: str
    interface: str
    services: int
    attached: bool


@dataclass(frozen=True, slots=True)
class UsageView:
    """What is claimed on a device."""

    services: int
    resources: Mapping[str, ResourceUse]
    networks: tuple[NetworkUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """A device without its secrets. `capabilities` and `version` None: not probed yet.
    `idle_since` is in seconds since the epoch, UTC. `agent_id` None: no agent holds it.
    `unwirable`: why the network side cannot wire it; empty: it can."""

    id: str
    name: str
    driver: str
    parameters: Parameters
    limits: Limits
    project_id: str | None
    tenant_id: str | None
    zone: str | None
    labels: Mapping[str, str]
    device_pool: str | None
    isolates_overlapping: bool | None
    spawned: bool
    idle_since: float | None
    admin_state: AdminState
    agent_group: str
    agent_id: str | None
    wiring: DeviceWiring
    unwirable: str
    status: DeviceStatus
    status_reason: str
    version: str | None
    capabilities: CapabilitiesView | None
    usage: UsageView


def capabilities_view(capabilities: Capabilities) -> CapabilitiesView:
    """Capabilities as clients see them."""
    return CapabilitiesView(
        protocols=tuple(sorted(capabilities.protocols)),
        methods=tuple(sorted(capabilities.methods)),
        monitors=tuple(sorted(capabilities.monitors)),
        persistences=tuple(sorted(capabilities.persistences)),
    )


def device_view(
    device: Device, driver: DriverInfo | None, usage: Usage, services: int
) -> DeviceView:
    """A device as clients see it; `driver` None: it is not installed here."""
    capabilities = device.capabilities
    limits = effective_limits(device, driver) if driver is not None else device.limits
    return DeviceView(
        id=device.id,
        name=device.name,
        driver=device.driver,
        parameters=device.parameters,
        limits=device.limits,
        project_id=device.project_id,
        tenant_id=device.project_id,
        zone=device.zone,
        labels=device.labels,
        device_pool=device.device_pool,
        isolates_overlapping=device.isolates_overlapping,
        spawned=device.spawned,
        idle_since=device.idle_since,
        admin_state=device.admin_state,
        agent_group=device.agent_group,
        agent_id=device.agent_id,
        wiring=device.wiring,
        unwirable=device.unwirable,
        status=device.status,
        status_reason=device.status_reason,
        version=device.version,
        capabilities=capabilities_view(capabilities) if capabilities is not None else None,
        usage=_usage_view(usage, limits, services),
    )


def _usage_view(usage: Usage, limits: Limits, services: int) -> UsageView:
    names = sorted({*usage.used, *limits})
    return UsageView(
        services=services,
        resources={
            name: _resource_use(usage.used.get(name, 0), limits.get(name)) for name in names
        },
        networks=tuple(
            NetworkUse(
                network_id=network.network_id,
                interface=network.interface,
                services=network.users,
                attached=network.attachment is not None,
            )
            for network in usage.networks
        ),
    )


def _resource_use(used: int, limit: int | None) -> ResourceUse:
    return ResourceUse(used=used, limit=limit, over=limit is not None and used > limit)
