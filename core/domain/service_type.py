"""Service types: the operator's catalogue from which tenants choose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.service import ServiceKind


class Choice(StrEnum):
    """Who picks the device (R10)."""

    COMMON = "common"
    """The common scheduler alone: drivers are not asked."""
    ADVISED = "advised"
    """The common scheduler; a driver can veto devices and score them."""
    DRIVER = "driver"
    """The scheduler picks the first driver in the order of preference that has a device that
    fits, and that driver picks among these devices."""


class Strategy(StrEnum):
    """Which of equally suitable devices is taken."""

    SPREAD = "spread"
    """The emptiest."""
    PACK = "pack"
    """The fullest that has room."""


class Grouping(StrEnum):
    """What services are brought together by, or kept apart by (R9)."""

    NONE = "none"
    """By nothing: what leaves the fleet the most room is best."""
    NETWORK = "network"
    """Devices that are wired to the service's networks come first."""
    TENANT = "tenant"
    """Devices that serve the tenant already come first."""
    APART = "apart"
    """Each tenant stays within few devices, chosen at random, so that its trouble reaches few
    others; see `Policy.apart`."""


class Preference(StrEnum):
    """Which kind of device comes first (R9)."""

    NONE = "none"
    PHYSICAL = "physical"
    VIRTUAL = "virtual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A tenant's bounded subset: `devices` of those that can serve the type, drawn by `seed`
    and the project's id. The same seed draws the same devices."""

    devices: int = 4
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How services of a type are placed. A change affects later placements only.

    `weights` maps the name of a score to its weight; a score that is not named has the
    weight that `strategy`, `grouping` and `prefer` give it, 0 switches it off. `demand` is
    what one service takes of each resource besides one of ``vips``. `oversubscription` gives
    how many times its limit may be claimed of a resource, from 1.0, in hundredths.
    """

    choice: Choice = Choice.ADVISED
    weights: Mapping[str, float] = field(default_factory=dict)
    strategy: Strategy = Strategy.SPREAD
    grouping: Grouping = Grouping.NONE
    apart: Apart = field(default_factory=Apart)
    prefer: Preference = Preference.NONE
    demand: Mapping[str, int] = field(default_factory=dict)
    oversubscription: Mapping[str, float] = field(default_factory=dict)
    zone: str | None = None
    device_pool: str | None = None
    dedicated: bool = False
    """Only devices that belong to the tenant."""
    elastic_pool: str | None = None
    """The name of the device pool that spawns a device when none fits; the service waits."""

    @property
    def oversubscription_percent(self) -> dict[str, int]:
        """How much of each limit may be claimed, in whole percent: claims are counted exactly."""
        return {name: round(times * 100) for name, times in self.oversubscription.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceType:
    """A named offer: a kind of service, the drivers that may provide it, and the policy.

    Drivers stand in order of preference; a driver may stand under many types.
    """

    id: str
    name: str
    description: str = ""
    kind: ServiceKind = ServiceKind.LOADBALANCER
    drivers: tuple[str, ...]
    default: bool = False
    policy: Policy = field(default_factory=Policy)
