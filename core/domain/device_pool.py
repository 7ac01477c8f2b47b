"""Elastic pools: groups of devices that grow and shrink with what is asked of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.device import Limits, Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicePool:
    """How devices of one pool are made, and how many there are.

    Devices belong to it by `Device.device_pool`, its name. `minimum` to `maximum` devices are
    kept, of which `spare` are without any service and ready. A spawned device that has had no
    service for `idle_seconds` goes, as far as minimum and spare allow.
    """

    id: str
    name: str
    description: str = ""
    driver: str
    minimum: int = 0
    maximum: int = 10
    spare: int = 0
    idle_seconds: float = 300.0
    private: bool = False
    """Each device is made for one tenant, whose own it is (R22). Nothing is kept ready then:
    `minimum` and `spare` are 0, and `maximum` counts all tenants' devices together."""
    parameters: Parameters = field(default_factory=dict)
    """The parameters with which every device starts, in the driver's terms."""
    limits: Limits = field(default_factory=dict)
    zone: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    sealed: str | None = None
    """The secret parameters, as in Device."""
    failures: int = 0
    """How many devices in a row could not be made."""
    status_reason: str = ""
    """Why the last of these could not; empty: all is well."""
    grow_after: float | None = None
    """No device is made before this, seconds since the epoch; None: at any time."""
