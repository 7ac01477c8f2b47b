"""What uses networks and subnets, and so keeps them from going."""

from collections.abc import Iterable, Sequence
from typing import Any

from core.domain.binding import Usage
from core.domain.device_addresses import device_and_network
from core.domain.network import Network, Reservation, Subnet
from core.ports.unit_of_work import UnitOfWork
from core.usecases.lookup import related

_NAMED = 10
"""How many users an error names."""


def users_of_subnets(work: UnitOfWork, subnet_ids: Sequence[str]) -> list[str]:
    """Who has a pool, a VIP or a reserved address on one of these subnets; the first few.

    A device that has an address there counts while services use the subnet on it.
    """
    pools = [f"pool {each.id}" for each in related(work.pools, "subnet_id", subnet_ids)]
    reserved = related(work.reservations, "subnet_id", subnet_ids)
    vips = {each.owner for each in reserved if device_and_network(each.owner) is None}
    vips.update(each.id for each in related(work.load_balancers, "vip_subnet_id", subnet_ids))
    devices = _busy_devices(work, subnet_ids, reserved)
    return _few([*pools, *(f"VIP {owner}" for owner in sorted(vips)), *devices])


def users_of_network(work: UnitOfWork, network: Network) -> list[str]:
    """What other projects than the network's own have on it; the first few."""
    pools: list[Any] = related(work.pools, "network_id", [network.id])
    vips: list[Any] = related(work.load_balancers, "vip_network_id", [network.id])
    return _few(
        [
            f"{noun} {each.id}"
            for noun, some in (("pool", pools), ("VIP", vips))
            for each in some
            if each.project_id != network.project_id
        ]
    )


def devices_on_network(work: UnitOfWork, network_id: str) -> list[str]:
    """The devices that are on the network or about to be; the first few."""
    on = [
        device_id
        for device_id, usage in work.ledger.usage().items()
        if any(each.network_id == network_id for each in usage.networks)
    ]
    return _few([f"device {device_id}" for device_id in sorted(on)])


def give_back_idle(work: UnitOfWork, subnet_ids: Sequence[str]) -> None:
    """Remove the addresses of devices on subnets that no service uses."""
    reserved = related(work.reservations, "subnet_id", subnet_ids)
    work.reservations.remove(*(each.id for each in reserved if device_and_network(each.owner)))


def _busy_devices(
    work: UnitOfWork, subnet_ids: Sequence[str], reserved: Iterable[Reservation]
) -> list[str]:
    owning = [(device_and_network(each.owner), each.subnet_id) for each in reserved]
    there = {(place[0], subnet_id) for place, subnet_id in owning if place is not None}
    if not there:
        return []
    subnets = {each.id: each for each in related(work.subnets, "id", subnet_ids)}
    usage = work.ledger.usage({device_id for device_id, _ in there})
    busy = {
        device_id
        for device_id, subnet_id in there
        if _serves(usage.get(device_id, Usage()), subnets[subnet_id])
    }
    return [f"device {device_id}" for device_id in sorted(busy)]


def _serves(usage: Usage, subnet: Subnet) -> bool:
    return any(
        each.users and each.network_id == subnet.network_id and subnet.cidr in each.cidrs
        for each in usage.networks
    )


def _few(users: list[str]) -> list[str]:
    more = len(users) - _NAMED
    return users[:_NAMED] + ([f"{more} more"] if more > 0 else [])
