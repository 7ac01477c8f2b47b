"""Service types: the operator's catalogue from which tenants choose."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.service import ServiceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How services of a type are placed.

    `weights` maps the name of a score to its weight; a score that is not named has its
    default weight, 0 switches it off. `demand` is what one service takes of each resource
    besides one of ``vips``.
    """

    weights: Mapping[str, float] = field(default_factory=dict)
    demand: Mapping[str, int] = field(default_factory=dict)
    zone: str | None = None
    device_pool: str | None = None
    dedicated: bool = False
    """Only devices that belong to the tenant."""


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
