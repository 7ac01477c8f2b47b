"""What uses networks and subnets, and so keeps them from going."""

from collections.abc import Sequence
from typing import Any

from core.domain.network import Network
from core.ports.unit_of_work import UnitOfWork
from core.usecases.lookup import related

_NAMED = 10
"""How many users an error names."""


def users_of_subnets(work: UnitOfWork, subnet_ids: Sequence[str]) -> list[str]:
    """Who has a pool, a VIP or a reserved address on one of these subnets; the first few."""
    pools = [f"pool {each.id}" for each in related(work.pools, "subnet_id", subnet_ids)]
    reserved = related(work.reservations, "subnet_id", subnet_ids)
    vips = {each.owner for each in reserved}
    vips.update(each.id for each in related(work.load_balancers, "vip_subnet_id", subnet_ids))
    return _few([*pools, *(f"VIP {owner}" for owner in sorted(vips))])


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


def _few(users: list[str]) -> list[str]:
    more = len(users) - _NAMED
    return users[:_NAMED] + ([f"{more} more"] if more > 0 else [])
