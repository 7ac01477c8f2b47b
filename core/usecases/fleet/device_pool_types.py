"""What operators send and see of elastic device pools."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.device import Limits, Parameters
from core.domain.device_pool import DevicePool
from core.usecases.resource import UNCHANGED, Unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateDevicePool:
    """A new pool; see DevicePool for the fields."""

    name: str
    description: str = ""
    driver: str
    minimum: int = 0
    maximum: int = 10
    spare: int = 0
    idle_seconds: float = 300.0
    private: bool = False
    parameters: Parameters = field(default_factory=dict, repr=False)
    limits: Limits = field(default_factory=dict)
    zone: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateDevicePool:
    """A change of a pool; None keeps a value, unless None is a value of the field. A change of
    what devices are made of affects later devices only. `parameters` as in UpdateDevice."""

    description: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    spare: int | None = None
    idle_seconds: float | None = None
    parameters: Parameters | None = field(default=None, repr=False)
    limits: Limits | None = None
    zone: str | Unchanged | None = UNCHANGED
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class DevicePoolUse:
    """A pool's devices and their services. Devices that are being removed do not count.

    `spawning` are being made, `idle` have no service and answer.
    """

    devices: int = 0
    ready: int = 0
    spawning: int = 0
    idle: int = 0
    services: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePoolView:
    """A pool without its secrets. `status_reason` says why the last device could not be made,
    `grow_after` when the next is tried, in seconds since the epoch, UTC."""

    id: str
    name: str
    description: str
    driver: str
    minimum: int
    maximum: int
    spare: int
    idle_seconds: float
    private: bool
    parameters: Parameters
    limits: Limits
    zone: str | None
    labels: Mapping[str, str]
    status_reason: str
    grow_after: float | None
    usage: DevicePoolUse


def device_pool_view(pool: DevicePool, use: DevicePoolUse) -> DevicePoolView:
    """A pool as clients see it."""
    return DevicePoolView(
        id=pool.id,
        name=pool.name,
        description=pool.description,
        driver=pool.driver,
        minimum=pool.minimum,
        maximum=pool.maximum,
        spare=pool.spare,
        idle_seconds=pool.idle_seconds,
        private=pool.private,
        parameters=pool.parameters,
        limits=pool.limits,
        zone=pool.zone,
        labels=pool.labels,
        status_reason=pool.status_reason,
        grow_after=pool.grow_after,
        usage=use,
    )
