"""Devices, what they can do, and how much they can hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.service import ServiceKind
from core.domain.wiring import VIRTUAL, DeviceWiring

Parameters = Mapping[str, object]
"""A driver's own document about one device: JSON values, validated by the driver's schema."""

VIPS = "vips"
"""The limit that every device has: how many services with an address it can host."""


class AdminState(StrEnum):
    """What the operator wants of a device."""

    ENABLED = "enabled"
    DRAINING = "draining"
    """What is there stays and can change; nothing new comes."""
    DISABLED = "disabled"
    """As draining, and meant to be emptied."""


class DeviceStatus(StrEnum):
    """What was last seen of a device."""

    UNKNOWN = "UNKNOWN"
    """Not probed yet."""
    SPAWNING = "SPAWNING"
    """Its elastic pool is making it. Services may be bound to it and wait until it is ready."""
    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"
    """The last probe failed; `status_reason` says how."""
    DESTROYING = "DESTROYING"
    """The agent let go of it, and its provisioner takes it away."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a device can do, as sets of the model's own terms."""

    protocols: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    monitors: frozenset[str] = frozenset()
    persistences: frozenset[str] = frozenset()

    def missing(self, needed: "Capabilities") -> tuple[str, ...]:
        """The needed things that are not here, such as "persistence APP_COOKIE", in order."""
        lacks = []
        for noun, mine, theirs in (
            ("protocol", self.protocols, needed.protocols),
            ("method", self.methods, needed.methods),
            ("monitor", self.monitors, needed.monitors),
            ("persistence", self.persistences, needed.persistences),
        ):
            lacks += [f"{noun} {name}" for name in sorted(theirs - mine)]
        return tuple(lacks)


Limits = Mapping[str, int | None]
"""Resource name -> how much a device can hold; None is unlimited. Known names are ``vips``,
``vlans:<interface>``, ``throughput`` (Mbit/s), ``connections``; a driver may define more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverInfo:
    """What a driver says of itself, without any device."""

    name: str
    description: str
    kinds: frozenset[ServiceKind]
    schema: Mapping[str, object]
    """JSON Schema (2020-12) of the device parameters; secrets are marked ``writeOnly``."""
    capabilities: Capabilities
    """The most that its devices can do; a probe may find that one can do less."""
    limits: Limits
    """Limits of a device for which the operator set none."""
    versions: tuple[str, ...]
    """Device versions that it speaks, as version prefixes ("2.8", "3."); empty: any."""
    isolates_overlapping: bool
    """Whether one device keeps networks with overlapping addresses apart."""
    data_interface: str
    """The interface on which a device reaches tenants' networks, when it has just one."""
    physical: bool
    """Physical appliances, as opposed to processes and virtual machines."""
    advises: bool = False
    """Whether its advisor has opinions beyond what stands here; else it is never asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One appliance or instance in the registry.

    `project_id` None means shared; else the device serves that tenant only. `sealed` holds
    the secret parameters in the form that the SecretStore returned. `limits` are the
    operator's overrides of the driver's. `generation` counts its
    owner's changes. `number` counts devices in the order of their registration, and decides
    between devices that suit equally well: the older one is taken.
    """

    id: str
    number: int = 0
    name: str
    driver: str
    parameters: Parameters = field(default_factory=dict)
    sealed: str | None = None
    limits: Limits = field(default_factory=dict)
    project_id: str | None = None
    zone: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    device_pool: str | None = None
    """The group (a cluster, an elastic pool) that it counts in; a service type can ask for one."""
    isolates_overlapping: bool | None = None
    """Whether it keeps networks with overlapping addresses apart; None: as the driver says."""
    spawned: bool = False
    """Made by its elastic pool, which removes it again when it is not needed."""
    spawned_at: float | None = None
    """When its elastic pool asked for it, seconds since the epoch."""
    attempts: int = 0
    """How often in a row its provisioner failed at it."""
    idle_since: float | None = None
    """Since when its elastic pool knows it to be without services, seconds since the epoch."""
    admin_state: AdminState = AdminState.ENABLED
    status: DeviceStatus = DeviceStatus.UNKNOWN
    status_reason: str = ""
    version: str | None = None
    capabilities: Capabilities | None = None
    generation: int = 1
    removing: bool = False
    """Its owner wants it gone; the row goes once the agent has stopped it."""
    due_at: float | None = None
    """When the conductor must probe or retire it next, seconds since the epoch."""
    agent_group: str = "default"
    """The group of agents that can reach it, of which one holds it at a time."""
    agent_id: str | None = None
    """The agent that holds it; None: none does, and it can be given to one."""
    epoch: int = 0
    """The fleet's revision when it was given to its agent; earlier epochs do not count."""
    probed_epoch: int = 0
    """The epoch in which it answered a probe last: its agent knows then what it should run."""
    releasing: bool = False
    """Its agent was told to let go of it."""
    wiring: DeviceWiring = VIRTUAL
    """How it gets onto tenants' networks."""
    unwirable: str = ""
    """Why the network side cannot wire it; empty: it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """What a probe learned."""

    version: str
    capabilities: Capabilities


def effective_limits(device: Device, driver: DriverInfo) -> dict[str, int | None]:
    """The driver's limits with the device's own over them."""
    return {**driver.limits, **device.limits}
