"""Why a device was not chosen: every refusal has a name and numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ReasonCode(StrEnum):
    """The kinds of refusal. Each hard rule gives exactly one of them."""

    DRIVER_NOT_ALLOWED = "driver-not-allowed"
    DRIVER_NOT_INSTALLED = "driver-not-installed"
    VERSION_NOT_SUPPORTED = "version-not-supported"
    CAPABILITY_MISSING = "capability-missing"
    NOT_ENABLED = "not-enabled"
    NOT_ONLINE = "not-online"
    NOT_WIRABLE = "not-wirable"
    OWNED_BY_ANOTHER = "owned-by-another"
    NOT_DEDICATED = "not-dedicated"
    WRONG_ZONE = "wrong-zone"
    WRONG_DEVICE_POOL = "wrong-device-pool"
    LIMIT_REACHED = "limit-reached"
    OVERLAPPING_ADDRESSES = "overlapping-addresses"
    SAME_AS_STANDBY = "same-as-standby"
    OUTSIDE_SUBSET = "outside-subset"
    VETOED = "vetoed"
    ADVISOR_FAILED = "advisor-failed"


@dataclass(frozen=True, slots=True)
class Reason:
    """One refusal. `numbers` holds the evidence by name, such as wanted, used and limit."""

    code: ReasonCode
    text: str
    numbers: Mapping[str, int | str] = field(default_factory=dict)
