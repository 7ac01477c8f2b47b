"""What the scheduler is asked, and what it knows of each device."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.binding import Binding, NetworkNeed, Usage
from core.domain.device import Capabilities, Device, DriverInfo
from core.domain.service import ServiceKind
from core.domain.service_type import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What a service needs of a device, as its kind's own module worked it out.

    `networks` starts with network A, the VIP's; each members' network B follows once,
    unless it is A.
    """

    vip_address: str
    networks: tuple[NetworkNeed, ...]
    features: Capabilities = field(default_factory=Capabilities)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementRequest:
    """One service looking for a device."""

    service_id: str
    project_id: str
    kind: ServiceKind
    service_type_id: str
    drivers: tuple[str, ...]
    """In order of preference."""
    requirements: Requirements
    policy: Policy = field(default_factory=Policy)
    demand: Mapping[str, int] = field(default_factory=dict)
    """Resource -> amount, ``vips`` included; networks are counted apart."""
    bound: Binding | None = None
    """The binding that the service has already: only its device is considered then."""
    avoid_device_id: str | None = None
    """The device of its standby (or primary), when it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A device as the rules and scores see it. `driver` None: it is not installed here."""

    device: Device
    driver: DriverInfo | None
    limits: Mapping[str, int | None]
    usage: Usage
    capabilities: Capabilities
    projects: Mapping[str, int] = field(default_factory=dict)
    """Project -> how many services it has on the device."""
