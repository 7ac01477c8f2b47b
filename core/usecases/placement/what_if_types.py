"""What operators ask about placements that do not happen, and what they are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.device import Capabilities, Limits
from core.usecases.placement.findings import RefusedGroup

MOST_PLACEMENTS = 100_000
MOST_NEW_DEVICES = 10_000
MOST_OWN_NETWORKS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNetwork:
    """A network that no device is on yet, with the addresses in use there."""

    name: str
    cidr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevices:
    """Devices that are not there: online, enabled, and with nothing on them."""

    driver: str
    count: int = 1
    limits: Limits = field(default_factory=dict)
    zone: str | None = None
    device_pool: str | None = None
    project_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """How many more services would fit?

    `service_type` is an id or a name; None: the default for load balancers.
    `networks` are what each of the `count` services needs, as ids or names of networks or
    subnets, or new ones; `own_networks` is how many networks each needs for itself. Without
    either, VLANs do not count. `demand` goes over that of the service type. `features` is what
    the services use. `tenant_id` None: the caller's project. The fleet is as it is, but for
    devices that are drained, gone (`without`), added, or have other limits.
    """

    service_type: str | None = None
    count: int = 1
    tenant_id: str | None = None
    networks: tuple[str | NewNetwork, ...] = ()
    own_networks: int = 0
    demand: Mapping[str, int] = field(default_factory=dict)
    features: Capabilities = field(default_factory=Capabilities)
    drain: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    add: tuple[NewDevices, ...] = ()
    limits: Mapping[str, Limits] = field(default_factory=dict)


class Ending(StrEnum):
    """Why a simulation stopped."""

    ALL_PLACED = "all-placed"
    NOTHING_FITS = "nothing-fits"
    OUT_OF_TIME = "out-of-time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A device that took services, and the networks that it would be attached to for them."""

    device_id: str
    device_name: str
    placed: int
    wirings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRefusal:
    """The fleet when nothing fitted any more.

    `short` counts, of the devices that only lack room, how many lack each resource, and
    `runs_out` is the one that most lack. `remedy` is the one change that would admit most
    devices, `remedy_devices` of them; it is told for the device that lacks the least.
    """

    considered: int
    refusals: Mapping[str, int]
    short: Mapping[str, int]
    runs_out: str | None
    remedy: str
    remedy_device: str | None
    remedy_devices: int
    groups: tuple[RefusedGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a simulation came to. `devices` starts with the one that took most.

    `seen_at` is in seconds since the epoch, UTC; `fleet_revision` is the state of the fleet
    that it started from.
    """

    seen_at: float
    fleet_revision: int
    asked: int
    placed: int
    ended: Ending
    wirings: int
    devices: tuple[Filled, ...]
    first_refusal: FirstRefusal | None
