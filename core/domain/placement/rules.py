"""The hard rules: one function each, which gives the Reasons against a device.

`check` is the only judge: choosing, explaining, what-if and claiming all ask it, so they
cannot disagree. Rules are of two sorts. The standing ones look at what a device is and at
what the operator wants of it; the rules of room look at what is on it, which every
placement changes.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from core.domain.addresses import overlap
from core.domain.binding import vlan_resource
from core.domain.device import AdminState, DeviceStatus
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.request import Candidate, PlacementRequest

Rule = Callable[[PlacementRequest, Candidate], Sequence[Reason]]

READY = frozenset({DeviceStatus.ONLINE, DeviceStatus.SPAWNING})
"""A device that is being made takes services, which wait for it."""


def driver_allowed(request: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """The device's driver provides the service type (R8)."""
    name = candidate.device.driver
    if name in request.drivers:
        return ()
    text = f"driver {name} does not provide this service type"
    return (Reason(ReasonCode.DRIVER_NOT_ALLOWED, text, {"driver": name}),)


def driver_installed(request: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """The driver is here and serves the kind."""
    driver = candidate.driver
    if driver is not None and request.kind in driver.kinds:
        return ()
    name = candidate.device.driver
    text = f"no installed driver {name} serves {request.kind}"
    return (Reason(ReasonCode.DRIVER_NOT_INSTALLED, text, {"driver": name}),)


def version_supported(_: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """The driver speaks the device's version (R23)."""
    version, driver = candidate.device.version, candidate.driver
    if driver is None or version is None or not driver.versions:
        return ()
    if version.startswith(driver.versions):
        return ()
    text = f"version {version} is none of {', '.join(driver.versions)}"
    return (Reason(ReasonCode.VERSION_NOT_SUPPORTED, text, {"version": version}),)


def capable(request: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """The device can do everything the service uses (R21)."""
    return tuple(
        Reason(ReasonCode.CAPABILITY_MISSING, f"cannot do {missing}", {"missing": missing})
        for missing in candidate.capabilities.missing(request.requirements.features)
    )


def enabled(_: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """The operator lets new services in."""
    device = candidate.device
    if device.admin_state is AdminState.ENABLED and not device.removing:
        return ()
    name = "removing" if device.removing else str(device.admin_state)
    return (Reason(ReasonCode.NOT_ENABLED, f"is {name}", {"admin_state": name}),)


def online(_: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """The last probe reached the device, or it is being made."""
    device = candidate.device
    if device.status in READY:
        return ()
    why = f": {device.status_reason}" if device.status_reason else ""
    text = f"is {device.status}{why}"
    return (Reason(ReasonCode.NOT_ONLINE, text, {"status": str(device.status)}),)


def wirable(_: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """The network side can wire the device as its owner says that it must be (R11)."""
    device = candidate.device
    if not device.unwirable:
        return ()
    kind = str(device.wiring.kind)
    text = f"cannot be wired: {device.unwirable}"
    return (Reason(ReasonCode.NOT_WIRABLE, text, {"wiring": kind}),)


def owner(request: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """A private device serves its own tenant; a type may ask for private devices."""
    project = candidate.device.project_id
    if project is None:
        if not request.policy.dedicated:
            return ()
        text = "is shared, the service type wants dedicated devices"
        return (Reason(ReasonCode.NOT_DEDICATED, text),)
    if project == request.project_id:
        return ()
    return (Reason(ReasonCode.OWNED_BY_ANOTHER, "belongs to another project"),)


def zone(request: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """The device is in the zone that the service type names."""
    wanted, actual = request.policy.zone, candidate.device.zone
    if wanted is None or actual == wanted:
        return ()
    text = f"is in zone {actual or 'none'}, not {wanted}"
    return (Reason(ReasonCode.WRONG_ZONE, text, {"zone": actual or "", "wanted": wanted}),)


def device_pool(request: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """The device is in the device pool that the service type names."""
    wanted, actual = request.policy.device_pool, candidate.device.device_pool
    if wanted is None or actual == wanted:
        return ()
    text = f"is in device pool {actual or 'none'}, not {wanted}"
    numbers = {"device_pool": actual or "", "wanted": wanted}
    return (Reason(ReasonCode.WRONG_DEVICE_POOL, text, numbers),)


def limits(request: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """Every limit has room; a network that is attached already costs no VLAN.

    A limit counts as many times over as the service type oversubscribes it.
    """
    reasons: tuple[Reason, ...] = ()
    percents = request.policy.oversubscription and request.policy.oversubscription_percent
    limits, in_use = candidate.limits, candidate.used
    for resource, wanted in wanted_resources(request, candidate):
        limit = limits.get(resource)
        if limit is None or not wanted:
            continue
        if percents:
            limit = limit * percents.get(resource, 100) // 100
        used = in_use.get(resource, 0)
        if used + wanted > limit:
            reasons += (limit_reached(resource, wanted, used, limit),)
    return reasons


@lru_cache(maxsize=1 << 15)
def limit_reached(resource: str, wanted: int, used: int, limit: int) -> Reason:
    """The refusal of a limit: most devices of a full fleet share a few of them."""
    return Reason(
        ReasonCode.LIMIT_REACHED,
        f"{resource}: {wanted} wanted, {max(limit - used, 0)} left of {limit}",
        {"resource": resource, "wanted": wanted, "used": used, "limit": limit},
    )


def no_overlap(request: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """Overlapping addresses of different networks meet only on devices that keep them apart."""
    if candidate.isolates_overlapping:
        return ()
    reasons: tuple[Reason, ...] = ()
    needs = request.requirements.networks
    ranges = candidate.ranges
    for position, need in enumerate(needs):
        found = ranges.overlapping(need.cidr)
        if len(found) > 1:
            found.sort()
        for cidr, network_id in found:
            if network_id != need.network_id:
                reasons += (overlapping(need.cidr, cidr, network_id),)
        for other in needs[:position]:
            if other.network_id != need.network_id and overlap(need.cidr, other.cidr):
                reasons += (overlapping(need.cidr, other.cidr, other.network_id),)
    return reasons


def overlapping(cidr: str, other: str, network_id: str) -> Reason:
    """The refusal of a device that has another range in some network, which overlaps one that is
    asked for."""
    return Reason(
        ReasonCode.OVERLAPPING_ADDRESSES,
        f"{cidr} overlaps {other} of network {network_id}",
        {"cidr": cidr, "other_cidr": other, "network": network_id},
    )


def apart_from_standby(request: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """A service and its standby never share a device."""
    if request.avoid_device_id != candidate.device.id:
        return ()
    return (Reason(ReasonCode.SAME_AS_STANDBY, "holds the other half of the pair"),)


def within_subset(request: PlacementRequest, candidate: Candidate) -> Sequence[Reason]:
    """The device is one of those that were drawn for the tenant, where tenants are kept apart."""
    if request.subset is None or candidate.device.id in request.subset:
        return ()
    number = len(request.subset)
    text = f"is not one of the {number} devices drawn for the tenant"
    return (Reason(ReasonCode.OUTSIDE_SUBSET, text, {"devices": number}),)


LASTING_RULES: tuple[Rule, ...] = (driver_allowed, driver_installed, owner, zone, device_pool)
"""What only the operator changes: whether a device can ever serve the tenant and the type."""

STANDING_RULES: tuple[Rule, ...] = (
    *LASTING_RULES,
    version_supported,
    capable,
    enabled,
    online,
    wirable,
)
"""What is so for all devices of one class, whatever is on them."""

ROOM_RULES: tuple[Rule, ...] = (limits, no_overlap, apart_from_standby, within_subset)

RULES: tuple[Rule, ...] = (*STANDING_RULES, *ROOM_RULES)

CHANGE_RULES: tuple[Rule, ...] = (driver_installed, capable, limits, no_overlap)
"""What a service that is bound already must still pass when it changes: a device that drains
or is briefly away keeps its services, and they may change."""


def wanted_resources(request: PlacementRequest, candidate: Candidate) -> Iterable[tuple[str, int]]:
    """What the service would take of the device's limits, VLAN slots included, by resource."""
    driver = candidate.driver
    new = request.network_ids.difference(candidate.networks)
    if not new or driver is None:
        return request.demand.items()
    return (*request.demand.items(), (vlan_resource(driver.data_interface), len(new)))


def check(
    request: PlacementRequest, candidate: Candidate, rules: tuple[Rule, ...] = RULES
) -> tuple[Reason, ...]:
    """All the reasons against a device, in the order of the rules; empty when it fits."""
    found: tuple[Reason, ...] = ()
    for rule in rules:
        reasons = rule(request, candidate)
        if reasons:
            found += tuple(reasons)
    return found
