"""What a tenant can do about a VIP that found no device, himself or through the operator."""

from collections.abc import Mapping, Sequence

from core.domain.placement.reasons import ReasonCode

OPERATOR = (
    "The operator has to act: add a device, or make room on one. It is placed by itself once "
    "one fits."
)

_OWN: Mapping[ReasonCode, str] = {
    ReasonCode.DRIVER_NOT_ALLOWED: "Choose a service type that more kinds of device provide.",
    ReasonCode.WRONG_ZONE: "Choose a service type of another zone.",
    ReasonCode.WRONG_DEVICE_POOL: "Choose a service type of other devices.",
    ReasonCode.NOT_DEDICATED: "Register a device of your own, or choose a service type that "
    "shares devices.",
    ReasonCode.OVERLAPPING_ADDRESSES: "Use a network whose addresses nobody else uses.",
}
"""What is in the tenant's own hands; of the other reasons, nothing is."""


def advice(refusals: Mapping[str, int], missing: Sequence[str]) -> tuple[str, ...]:
    """What would help against these kinds of refusal; `missing` are the capabilities that some
    device lacks."""
    found = []
    for code in map(ReasonCode, refusals):
        if code is ReasonCode.CAPABILITY_MISSING:
            what = ", ".join(missing) or "what is asked and not every device can"
            found.append(f"Do without {what}, or choose another service type.")
        elif code in _OWN:
            found.append(_OWN[code])
    return (*found, OPERATOR)
