"""A failed placement in the tenant's words: how many devices, and why not, in kinds."""

from core.domain.placement.reasons import ReasonCode
from core.ports.scheduler import Placement

WORDS = {
    ReasonCode.DRIVER_NOT_ALLOWED: "of another kind than the service type asks for",
    ReasonCode.DRIVER_NOT_INSTALLED: "without an installed driver",
    ReasonCode.VERSION_NOT_SUPPORTED: "of a version that is not supported",
    ReasonCode.CAPABILITY_MISSING: "unable to do what is asked",
    ReasonCode.NOT_ENABLED: "not open for new services",
    ReasonCode.NOT_ONLINE: "not reachable",
    ReasonCode.NOT_WIRABLE: "that the network cannot be wired to",
    ReasonCode.OWNED_BY_ANOTHER: "reserved for others",
    ReasonCode.NOT_DEDICATED: "shared while a dedicated one is asked for",
    ReasonCode.WRONG_ZONE: "in another zone",
    ReasonCode.WRONG_DEVICE_POOL: "in another device pool",
    ReasonCode.LIMIT_REACHED: "full",
    ReasonCode.OVERLAPPING_ADDRESSES: "on a network with overlapping addresses",
    ReasonCode.SAME_AS_STANDBY: "holding the other half of the pair",
    ReasonCode.OUTSIDE_SUBSET: "not among those that were drawn for you",
    ReasonCode.VETOED: "refused by the driver",
    ReasonCode.ADVISOR_FAILED: "of a driver that does not answer",
}
"""What a tenant is told of each kind of refusal: nothing of devices or of others."""


def refusal_for_tenant(placement: Placement) -> str:
    """One sentence, without any device's name. A device with two faults counts under both.

    A capability that is missing is named, since the tenant can choose to do without.
    """
    decision = placement.decision
    if not decision.considered:
        return "No eligible device: 0 devices considered"
    kinds = []
    for code in ReasonCode:
        count = decision.refusals.get(code.value, 0)
        if not count:
            continue
        words = f"{count} {WORDS[code]}"
        if code is ReasonCode.CAPABILITY_MISSING and placement.missing:
            words += f" ({', '.join(placement.missing)})"
        kinds.append(words)
    noun = "device" if decision.considered == 1 else "devices"
    return f"No eligible device: {decision.considered} {noun} considered: {', '.join(kinds)}"
