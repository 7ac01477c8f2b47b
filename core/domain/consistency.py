"""Whether what is stored of a fleet agrees with itself: what each account must say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from core.domain.binding import DeviceNetwork, vlan_resource
from core.domain.device import Device, DriverInfo, effective_limits

Value = str | int | None


class Fault(StrEnum):
    """What can be wrong."""

    COUNTER = "counter"
    """What is used of a resource is not what the bindings claim of it; for VLANs, not the
    number of networks on the interface."""
    LIMIT = "limit"
    """Claims are checked against another limit than that of the device and its driver."""
    NETWORK_USERS = "network-users"
    """A network on a device does not count the services that need it."""
    NETWORK_SUBNETS = "network-subnets"
    """A network on a device does not have the subnets that its services use."""
    NETWORK_MISSING = "network-missing"
    """Services need a network on a device that is not on it."""
    ACCOUNT_WITHOUT_DEVICE = "account-without-device"
    """Counters or networks of a device that is not registered."""
    BINDING_WITHOUT_SERVICE = "binding-without-service"
    """Claims of a service that does not exist."""
    BINDING_WITHOUT_DEVICE = "binding-without-device"
    """A service is bound to a device that is not registered."""
    BINDING_WITHOUT_DECISION = "binding-without-decision"
    """Nothing says why the service is where it is."""
    ADDRESS_WITHOUT_OWNER = "address-without-owner"
    """An address is reserved for a service that does not exist, and has been for long."""
    DEVICE_WITHOUT_POOL = "device-without-pool"
    """A device that an elastic pool made, which no pool looks after any more."""


STRAYS = (
    Fault.ACCOUNT_WITHOUT_DEVICE,
    Fault.BINDING_WITHOUT_SERVICE,
    Fault.BINDING_WITHOUT_DEVICE,
    Fault.BINDING_WITHOUT_DECISION,
    Fault.ADDRESS_WITHOUT_OWNER,
    Fault.DEVICE_WITHOUT_POOL,
)
"""What refers to something that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong: `what`, about which device, service or reservation (`subject` is
    its id, `name` a device's name), and which resource or network of it (`item`)."""

    what: Fault
    subject: str
    name: str = ""
    item: str = ""
    expected: Value = None
    found: Value = None
    repairable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OverSubscription:
    """A device of which more is claimed than its limit, as after the limit was lowered or by a
    service type that oversubscribes. No fault: nothing new is admitted."""

    device_id: str
    name: str
    resource: str
    used: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceBooks:
    """What is stored of one device: how much of each resource is used (zeros left out), the
    limits against which claims are checked (unlimited ones left out), and its networks."""

    used: Mapping[str, int] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    networks: Mapping[str, DeviceNetwork] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTotals:
    """What the bindings on one device come to: claims by resource, and for each network the
    number of services that need it and the subnets that they use, sorted."""

    claims: Mapping[str, int] = field(default_factory=dict)
    users: Mapping[str, int] = field(default_factory=dict)
    cidrs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is wrong with a device's books, and the books as they should be, as far as that is
    known."""

    findings: tuple[Finding, ...]
    over: tuple[OverSubscription, ...]
    books: DeviceBooks


def compare(
    device: Device, driver: DriverInfo | None, books: DeviceBooks, totals: ClaimTotals
) -> Comparison:
    """Hold a device's books against its bindings. `driver` None: it is not installed here, so
    that its limits and interface are not known, and what is stored of these stands."""
    networks = _networks(device, driver, books, totals)
    right = DeviceBooks(
        used=_used(networks, totals),
        limits=books.limits if driver is None else _limits(device, driver),
        networks=networks,
    )
    findings = (
        *_compare_networks(device, driver, books, totals),
        *_compare_amounts(device, Fault.COUNTER, books.used, right.used, 0),
        *_compare_amounts(device, Fault.LIMIT, books.limits, right.limits, None),
    )
    over = tuple(
        OverSubscription(
            device_id=device.id, name=device.name, resource=resource, used=used, limit=limit
        )
        for resource, used in sorted(right.used.items())
        if (limit := right.limits.get(resource)) is not None and used > limit
    )
    return Comparison(findings=findings, over=over, books=right)


def _limits(device: Device, driver: DriverInfo) -> dict[str, int]:
    limits = effective_limits(device, driver)
    return {resource: most for resource, most in limits.items() if most is not None}


def _networks(
    device: Device, driver: DriverInfo | None, books: DeviceBooks, totals: ClaimTotals
) -> dict[str, DeviceNetwork]:
    """Those that there are, with their users; one without users stays until it is detached."""
    found = {}
    for network_id in sorted({*books.networks, *totals.users}):
        row = books.networks.get(network_id)
        if row is None:
            if driver is None:
                continue
            row = DeviceNetwork(
                device_id=device.id,
                network_id=network_id,
                cidrs=(),
                interface=driver.data_interface,
                users=0,
            )
        cidrs = totals.cidrs.get(network_id, row.cidrs)
        found[network_id] = replace(row, users=totals.users.get(network_id, 0), cidrs=cidrs)
    return found


def _used(networks: Mapping[str, DeviceNetwork], totals: ClaimTotals) -> dict[str, int]:
    used = dict(totals.claims)
    for row in networks.values():
        resource = vlan_resource(row.interface)
        used[resource] = used.get(resource, 0) + 1
    return {resource: amount for resource, amount in used.items() if amount}


def _compare_networks(
    device: Device, driver: DriverInfo | None, books: DeviceBooks, totals: ClaimTotals
) -> Iterator[Finding]:
    for network_id in sorted({*books.networks, *totals.users}):
        row = books.networks.get(network_id)
        users = totals.users.get(network_id, 0)
        cidrs = totals.cidrs.get(network_id)
        finding = Finding(
            what=Fault.NETWORK_USERS,
            subject=device.id,
            name=device.name,
            item=network_id,
            expected=users,
            found=0 if row is None else row.users,
            repairable=True,
        )
        if row is None:
            yield replace(finding, what=Fault.NETWORK_MISSING, repairable=driver is not None)
        elif row.users != users:
            yield finding
        if row is not None and cidrs is not None and row.cidrs != cidrs:
            yield replace(
                finding,
                what=Fault.NETWORK_SUBNETS,
                expected=", ".join(cidrs),
                found=", ".join(row.cidrs),
            )


def _compare_amounts(
    device: Device,
    what: Fault,
    found: Mapping[str, int],
    expected: Mapping[str, int],
    nothing: int | None,
) -> Iterator[Finding]:
    for resource in sorted({*found, *expected}):
        is_there, should_be = found.get(resource, nothing), expected.get(resource, nothing)
        if is_there != should_be:
            yield Finding(
                what=what,
                subject=device.id,
                name=device.name,
                item=resource,
                expected=should_be,
                found=is_there,
                repairable=True,
            )
