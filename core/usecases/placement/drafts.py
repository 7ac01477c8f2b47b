"""Decisions in the making, and what is claimed for them."""

from dataclasses import dataclass, field

from core.domain.binding import Binding, Claim, Footing, Shortage, insertion_mode
from core.domain.placement.decision import Decision
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.request import Candidate, PlacementRequest

_MOST, _LEAST = 200, 50
"""So many are claimed together: enough that a device's counters are rarely changed twice, and
few enough that the store begins early."""


@dataclass(eq=False, slots=True)
class Draft:
    """A decision in the making. `lost` are devices on which the claim did not succeed."""

    request: PlacementRequest
    lost: dict[str, Reason] = field(default_factory=dict)
    binding: Binding | None = None
    certain: bool = True
    """Whether the fleet knows what the claim makes of the device."""
    footing: Footing | None = None
    """What the fleet knew of the device before the claim; None: the store must look."""
    decision: Decision | None = None
    missing: tuple[str, ...] = ()


def parted(drafts: list[Draft]) -> tuple[list[Draft], list[Draft]]:
    """What is claimed together, and the rest. Parts become smaller: while the store is at the
    last one, nothing is left to decide."""
    size = min(max(len(drafts) // 2, _LEAST), _MOST)
    return drafts[:size], drafts[size:]


def binding_of(request: PlacementRequest, host: Candidate, decision_id: str) -> Binding:
    """The binding of a service to the chosen device."""
    networks = request.requirements.networks
    return Binding(
        service_id=request.service_id,
        project_id=request.project_id,
        device_id=host.device.id,
        driver=host.device.driver,
        mode=insertion_mode(networks),
        vip_address=request.requirements.vip_address,
        networks=networks,
        claims=request.demand,
        decision_id=decision_id,
    )


def footing_of(host: Candidate, request: PlacementRequest) -> Footing:
    """What the fleet knows of a device. It holds for a claim of which the fleet knows what it
    makes of the device."""
    return Footing(
        used=dict(host.used),
        limits=host.limits,
        networks=frozenset(each for each in request.network_ids if each in host.networks),
    )


def claim_of(
    binding: Binding, request: PlacementRequest, fleet: Fleet, footing: Footing | None = None
) -> Claim:
    """How a binding is claimed. Raises LookupError when its device has no driver here."""
    host = fleet.get(binding.device_id)
    if host is None or host.driver is None:
        raise LookupError(f"device {binding.device_id} cannot be claimed without its driver")
    return Claim(
        binding=binding,
        interface=host.driver.data_interface,
        oversubscription=request.policy.oversubscription_percent,
        footing=footing,
    )


def taken(shortage: Shortage) -> Reason:
    """Why a device was lost to somebody who was faster."""
    return Reason(
        ReasonCode.LIMIT_REACHED,
        f"{shortage.resource}: taken by another while deciding",
        {
            "resource": shortage.resource,
            "wanted": shortage.wanted,
            "used": shortage.used,
            "limit": shortage.limit,
        },
    )
