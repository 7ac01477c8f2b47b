"""What is asked of a device before it is stored. All raise what the caller then sees."""

from core.domain.binding import Account, Usage, vlan_resource
from core.domain.device import Device, DriverInfo, Limits
from core.domain.errors import AlreadyExists, Conflict, Forbidden, InvalidInput
from core.domain.query import Query
from core.domain.wiring import VIRTUAL, DeviceWiring, WiringKind
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.fleet.device_types import COMMON_LIMITS, DEFAULT_GROUP

_NETWORKS_NAMED = 10
"""How many networks an error names."""


class DeviceAttached(Conflict):
    """A device's wiring cannot change while it is in use."""


def owner(caller: Caller, project_id: str | None) -> str | None:
    """The project whose own a device becomes: an admin chooses, a tenant's is its own."""
    return project_id if caller.is_admin else caller.project_for(project_id)


def agent_group(caller: Caller, wanted: str) -> str:
    """The group of agents that a device is given to: an admin's choice, as its agents reach
    what tenants must not."""
    if wanted != DEFAULT_GROUP and not caller.is_admin:
        raise InvalidInput("agent_group", "only an admin may choose it")
    return wanted


def wiring(caller: Caller, wanted: DeviceWiring) -> DeviceWiring:
    """How a device is wired. Which host or switch carries it is an admin's choice: a tenant's own
    are plugged in where their agent is."""
    if wanted != VIRTUAL and not caller.is_admin:
        raise InvalidInput("wiring", "only an admin may choose it")
    if wanted.trunk_id is None and wanted.kind is WiringKind.TRUNK:
        raise InvalidInput("wiring.trunk_id", "a device on a trunk needs one")
    if wanted.trunk_id is not None and wanted.kind is not WiringKind.TRUNK:
        raise InvalidInput("wiring.trunk_id", f"a {wanted.kind} device has none")
    if wanted.host is None and wanted.kind is WiringKind.PHYSICAL:
        raise InvalidInput("wiring.host", "a physical device needs the name that switches know")
    if wanted.host is not None and wanted.kind is WiringKind.TRUNK:
        raise InvalidInput("wiring.host", "a trunk is where its parent port is")
    return wanted


def check_unattached(work: UnitOfWork, device: Device) -> None:
    """What is attached in one way is detached in the same."""
    usage = work.ledger.usage([device.id]).get(device.id, Usage())
    if usage.networks:
        names = ", ".join(each.network_id for each in usage.networks[:_NETWORKS_NAMED])
        raise DeviceAttached(
            f"device {device.id} is attached to {len(usage.networks)} networks ({names}); its "
            "wiring can change when no service is left on it: set its admin_state to draining "
            "and have its services removed or moved first"
        )


def check_may_change(caller: Caller, device: Device) -> None:
    """What a device pool made for a tenant stays as the operator wants it."""
    if device.spawned and not caller.is_admin:
        raise Forbidden("a device that its device pool made is changed and removed by admins only")


def check_name(work: UnitOfWork, device: Device) -> None:
    """Names are unique among the shared devices, and among those of each project: what one
    tenant calls its own is nothing to another."""
    namesakes = work.devices.find(
        Query(filters={"name": (device.name,), "project_id": (device.project_id,)})
    )
    if any(other.id != device.id for other in namesakes):
        raise AlreadyExists("Device", f"name {device.name}")


def check_limits(driver: DriverInfo, limits: Limits) -> None:
    """Limits of a device are common ones, VLANs of an interface, or its driver's."""
    known = COMMON_LIMITS | driver.limits.keys()
    for name, value in limits.items():
        if name not in known and not name.startswith(vlan_resource("")):
            raise InvalidInput(f"limits.{name}", "neither a common limit nor one of the driver's")
        if value is not None and value < 0:
            raise InvalidInput(f"limits.{name}", "must not be negative")


def check_tenants(work: UnitOfWork, device: Device, project_id: str | None) -> None:
    """A device with services of other projects cannot become one project's own."""
    account = work.ledger.accounts([device.id]).get(device.id, Account())
    others = sorted(set(account.projects) - {project_id})
    if project_id is not None and others:
        raise Conflict(f"device {device.id} has services of other projects: {', '.join(others)}")
