"""How much room a fleet has, as operators see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class By(StrEnum):
    """What devices are put together by."""

    DRIVER = "driver"
    POOL = "pool"
    ZONE = "zone"
    DEVICE = "device"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRoom:
    """One resource on several devices, added up.

    `limit` adds the limits of the devices that have one, `unlimited` counts the others.
    `claimed` is what services were promised, `used` what those take whose device has
    confirmed them: the difference is on its way. `left` adds what is free on each device and
    `over` what is claimed beyond its limit, which leaves none free elsewhere.
    """

    limit: int
    unlimited: int
    claimed: int
    used: int
    left: int
    over: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Devices that take nothing new: how many, why (ReasonCode -> devices), and what is still
    claimed on them."""

    devices: int
    reasons: Mapping[str, int]
    claimed: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRoom:
    """Devices with something in common. `name` None: those without it. `device_id` is that of a
    group of one. `resources` counts the `eligible` ones alone."""

    name: str | None
    device_id: str | None
    devices: int
    eligible: int
    resources: Mapping[str, ResourceRoom]
    set_aside: SetAside


@dataclass(frozen=True, slots=True, kw_only=True)
class Fits:
    """How many more VIPs fit; None: any number. `short` counts the devices that lack each
    resource then, `runs_out` is the one that most lack."""

    vips: int | None
    runs_out: str | None
    short: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTypeRoom:
    """The room for one service type, if no other took any.

    `wired` is for VIPs on networks that their devices are on already, `own_network` for VIPs
    each on a network of its own. `devices` counts those that could serve the type.
    """

    id: str
    name: str
    devices: int
    wired: Fits
    own_network: Fits


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityView:
    """The room of the fleet. `seen_at` is in seconds since the epoch, UTC."""

    seen_at: float
    fleet_revision: int
    by: By
    total: GroupRoom
    groups: tuple[GroupRoom, ...]
    service_types: tuple[ServiceTypeRoom, ...]
