"""The hard rules: one function each, a Reason with its numbers or None.

`check` is the only way in, for choosing, explaining and claiming alike, so they
cannot disagree.
"""

from collections.abc import Callable, Iterator

from core.domain.binding import vlan_resource
from core.domain.device import VIPS, AdminState, DeviceStatus
from core.domain.network import overlapping
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.request import Candidate, PlacementRequest

Rule = Callable[[PlacementRequest, Candidate], Iterator[Reason]]


def driver_allowed(request: PlacementRequest, candidate: Candidate) -> Iterator[Reason]:
    """The device's driver provides the service type (R8)."""
    name = candidate.device.driver
    if name not in request.drivers:
        yield Reason(
            ReasonCode.DRIVER_NOT_ALLOWED,
            f"driver {name} does not provide this service type",
            {"driver": name},
        )


def driver_installed(request: PlacementRequest, candidate: Candidate) -> Iterator[Reason]:
    """The driver is here and serves the kind."""
    driver = candidate.driver
    if driver is None or request.kind not in driver.kinds:
        name = candidate.device.driver
        yield Reason(
            ReasonCode.DRIVER_NOT_INSTALLED,
            f"no installed driver {name} serves {request.kind}",
            {"driver": name},
        )


def version_supported(_: PlacementRequest, candidate: Candidate) -> Iterator[Reason]:
    """The driver speaks the device's version (R23)."""
    version, driver = candidate.device.version, candidate.driver
    if driver is None or version is None or not driver.versions:
        return
    if not version.startswith(driver.versions):
        yield Reason(
            ReasonCode.VERSION_NOT_SUPPORTED,
            f"version {version} is none of {', '.join(driver.versions)}",
            {"version": version},
        )


def capable(request: PlacementRequest, candidate: Candidate) -> Iterator[Reason]:
    """The device can do everything the service uses (R21)."""
    for missing in candidate.capabilities.missing(request.requirements.features):
        yield Reason(ReasonCode.CAPABILITY_MISSING, f"cannot do {missing}", {"missing": missing})


def enabled(_: PlacementRequest, candidate: Candidate) -> Iterator[Reason]:
    """The operator lets new services in."""
    state = candidate.device.admin_state
    if state is not AdminState.ENABLED or candidate.device.removing:
        name = "removing" if candidate.device.removing else str(state)
        yield Reason(ReasonCode.NOT_ENABLED, f"is {name}", {"admin_state": name})


def online(_: PlacementRequest, candidate: Candidate) -> Iterator[Reason]:
    """The last probe reached the device."""
    device = candidate.device
    if device.status is not DeviceStatus.ONLINE:
        why = f": {device.status_reason}" if device.status_reason else ""
        yield Reason(ReasonCode.NOT_ONLINE, f"is {device.status}{why}", {"status": device.status})


def owner(request: PlacementRequest, candidate: Candidate) -> Iterator[Reason]:
    """A private device serves its own tenant; a type may ask for private devices."""
    project = candidate.device.project_id
    if project is None and request.policy.dedicated:
        yield Reason(
            ReasonCode.NOT_DEDICATED, "is shared, the service type wants dedicated devices"
        )
    if project is not None and project != request.project_id:
        yield Reason(ReasonCode.OWNED_BY_ANOTHER, "belongs to another project")


def zone(request: PlacementRequest, candidate: Candidate) -> Iterator[Reason]:
    """The device is in the zone that the service type names."""
    wanted, actual = request.policy.zone, candidate.device.zone
    if wanted is not None and actual != wanted:
        yield Reason(
            ReasonCode.WRONG_ZONE,
            f"is in zone {actual or 'none'}, not {wanted}",
            {"zone": actual or "", "wanted": wanted},
        )


def device_pool(request: PlacementRequest, candidate: Candidate) -> Iterator[Reason]:
    """The device is in the device pool that the service type names."""
    wanted, actual = request.policy.device_pool, candidate.device.device_pool
    if wanted is not None and actual != wanted:
        yield Reason(
            ReasonCode.WRONG_DEVICE_POOL,
            f"is in device pool {actual or 'none'}, not {wanted}",
            {"device_pool": actual or "", "wanted": wanted},
        )


def limits(request: PlacementRequest, candidate: Candidate) -> Iterator[Reason]:
    """Every limit has room; a network that is attached already costs no VLAN."""
    for resource, wanted in sorted(wanted_resources(request, candidate).items()):
        limit = candidate.limits.get(resource)
        used = candidate.usage.used.get(resource, 0)
        if limit is not None and wanted and used + wanted > limit:
            yield Reason(
                ReasonCode.LIMIT_REACHED,
                f"{resource}: {wanted} wanted, {max(limit - used, 0)} left of {limit}",
                {"resource": resource, "wanted": wanted, "used": used, "limit": limit},
            )


def no_overlap(request: PlacementRequest, candidate: Candidate) -> Iterator[Reason]:
    """Overlapping addresses of different networks meet only on devices that keep them apart."""
    if candidate.driver is None or candidate.driver.isolates_overlapping:
        return
    needs = request.requirements.networks
    for position, need in enumerate(needs):
        others = [
            (network.network_id, cidr)
            for network in candidate.usage.networks
            if network.network_id != need.network_id
            for cidr in network.cidrs
        ]
        others += [
            (other.network_id, other.cidr)
            for other in needs[:position]
            if other.network_id != need.network_id
        ]
        for network_id, cidr in others:
            if overlapping(need.cidr, [cidr]):
                yield Reason(
                    ReasonCode.OVERLAPPING_ADDRESSES,
                    f"{need.cidr} overlaps {cidr} of network {network_id}",
                    {"cidr": need.cidr, "other_cidr": cidr, "network": network_id},
                )


def apart_from_standby(request: PlacementRequest, candidate: Candidate) -> Iterator[Reason]:
    """A service and its standby never share a device."""
    if request.avoid_device_id == candidate.device.id:
        yield Reason(ReasonCode.SAME_AS_STANDBY, "holds the other half of the pair")


RULES: tuple[Rule, ...] = (
    driver_allowed,
    driver_installed,
    version_supported,
    capable,
    enabled,
    online,
    owner,
    zone,
    device_pool,
    limits,
    no_overlap,
    apart_from_standby,
)

CHANGE_RULES: tuple[Rule, ...] = (driver_installed, capable, limits, no_overlap)
"""What a service that is bound already must still pass when it changes: a device that drains
or is briefly away keeps its services, and they may change."""


def wanted_resources(request: PlacementRequest, candidate: Candidate) -> dict[str, int]:
    """What the service would take of the device's limits, VLAN slots included."""
    wanted = {VIPS: 1, **request.demand}
    if candidate.driver is not None:
        attached = {network.network_id for network in candidate.usage.networks}
        new = {need.network_id for need in request.requirements.networks} - attached
        wanted[vlan_resource(candidate.driver.data_interface)] = len(new)
    return wanted


def check(
    request: PlacementRequest, candidate: Candidate, rules: tuple[Rule, ...] = RULES
) -> tuple[Reason, ...]:
    """All the reasons against a device, in the order of the rules; empty when it fits."""
    return tuple(reason for rule in rules for reason in rule(request, candidate))
