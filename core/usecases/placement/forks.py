"""Changes of a copy of the fleet, which nobody else sees."""

from core.domain.binding import Account, Binding, Usage, vlan_resource
from core.domain.device import Device
from core.domain.placement.index.fleet import Fleet


def without_service(fleet: Fleet, binding: Binding, usage: Usage) -> None:
    """Take a service off its device, with the networks that nothing else on it uses.

    `usage` is that of the device. Nothing happens when the device is not there.
    """
    host = fleet.get(binding.device_id)
    if host is None:
        return
    used = {
        resource: amount - binding.claims.get(resource, 0) for resource, amount in host.used.items()
    }
    own = {need.network_id for need in binding.networks}
    networks = dict(host.networks)
    for network in usage.networks:
        is_alone = network.network_id in own and network.users <= 1
        if is_alone and networks.pop(network.network_id, None) is not None:
            used[vlan_resource(network.interface)] -= 1
    projects = dict(host.projects)
    projects[binding.project_id] = projects.get(binding.project_id, 1) - 1
    if projects[binding.project_id] <= 0:
        del projects[binding.project_id]
    fleet.put(
        host.device,
        Account(
            used={resource: amount for resource, amount in used.items() if amount},
            networks=networks,
            projects=projects,
        ),
    )


def with_device(fleet: Fleet, device: Device) -> None:
    """Change a device, or add one that has nothing on it."""
    host = fleet.get(device.id)
    fleet.put(device, Account() if host is None else host.account)
