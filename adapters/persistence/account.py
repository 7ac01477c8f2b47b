"""The arithmetic of claims, the same for every store."""

from collections.abc import Iterable, Mapping

from core.domain.binding import NetworkNeed


def differences(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """What must be taken (positive) or given back of each resource, in order of its name."""
    changes = {
        resource: after.get(resource, 0) - before.get(resource, 0)
        for resource in sorted({*before, *after})
    }
    return {resource: amount for resource, amount in changes.items() if amount}


def cidrs_by_network(networks: Iterable[NetworkNeed]) -> dict[str, tuple[str, ...]]:
    """The subnets that are needed of each network, sorted."""
    found: dict[str, set[str]] = {}
    for need in networks:
        found.setdefault(need.network_id, set()).add(need.cidr)
    return {network_id: tuple(sorted(cidrs)) for network_id, cidrs in sorted(found.items())}
