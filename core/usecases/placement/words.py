"""A failed placement in the tenant's words: how many devices, and why not, in kinds."""

from core.domain.placement.decision import Decision
from core.domain.placement.reasons import ReasonCode

_WORDS = {
    ReasonCode.DRIVER_NOT_ALLOWED: "of another kind than the service type asks for",
    ReasonCode.DRIVER_NOT_INSTALLED: "without an installed driver",
    ReasonCode.VERSION_NOT_SUPPORTED: "of a version that is not supported",
    ReasonCode.CAPABILITY_MISSING: "unable to do what is asked",
    ReasonCode.NOT_ENABLED: "not open for new services",
    ReasonCode.NOT_ONLINE: "not reachable",
    ReasonCode.OWNED_BY_ANOTHER: "reserved for others",
    ReasonCode.NOT_DEDICATED: "shared while a dedicated one is asked for",
    ReasonCode.WRONG_ZONE: "in another zone",
    ReasonCode.WRONG_DEVICE_POOL: "in another device pool",
    ReasonCode.LIMIT_REACHED: "full",
    ReasonCode.OVERLAPPING_ADDRESSES: "on a network with overlapping addresses",
    ReasonCode.SAME_AS_STANDBY: "holding the other half of the pair",
    ReasonCode.VETOED: "refused by the driver",
}


def refusal_for_tenant(decision: Decision) -> str:
    """One sentence, without any device's name. A device with two faults counts under both.

    A capability that is missing is named, since the tenant can choose to do without.
    """
    if not decision.considered:
        return "No eligible device: 0 devices considered"
    kinds = [
        f"{count} {_WORDS[ReasonCode(code)]}{_missing(decision, code)}"
        for code, count in decision.refusals.items()
    ]
    noun = "device" if decision.considered == 1 else "devices"
    return f"No eligible device: {decision.considered} {noun} considered: {', '.join(kinds)}"


def _missing(decision: Decision, code: str) -> str:
    if code != ReasonCode.CAPABILITY_MISSING:
        return ""
    names = {
        str(reason.numbers["missing"])
        for verdict in decision.verdicts
        for reason in verdict.reasons
        if reason.code is ReasonCode.CAPABILITY_MISSING
    }
    return f" ({', '.join(sorted(names))})"
