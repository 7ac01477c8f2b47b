"""What others do: a loop over objects in the manner of Nova's scheduler, and a full scan."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.device import AdminState, DeviceStatus
from core.domain.placement.engine import best, judge
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.request import Candidate, PlacementRequest


class Filter:
    """Says whether a host can take a request."""

    def host_passes(self, host: Candidate, request: PlacementRequest) -> bool:
        """Whether the request may go there."""
        raise NotImplementedError


class ComputeFilter(Filter):
    def host_passes(self, host: Candidate, request: PlacementRequest) -> bool:
        device = host.device
        return (
            device.status is DeviceStatus.ONLINE
            and device.admin_state is AdminState.ENABLED
            and device.driver in request.drivers
        )


class ZoneFilter(Filter):
    def host_passes(self, host: Candidate, request: PlacementRequest) -> bool:
        return request.policy.zone is None or host.device.zone == request.policy.zone


class TenantFilter(Filter):
    def host_passes(self, host: Candidate, request: PlacementRequest) -> bool:
        return host.device.project_id in (None, request.project_id)


class CapabilitiesFilter(Filter):
    def host_passes(self, host: Candidate, request: PlacementRequest) -> bool:
        needed, can = request.requirements.features, host.capabilities
        return needed.protocols <= can.protocols and needed.persistences <= can.persistences


class ResourcesFilter(Filter):
    def host_passes(self, host: Candidate, request: PlacementRequest) -> bool:
        for resource, amount in request.demand.items():
            limit = host.limits.get(resource)
            if limit is not None and host.used.get(resource, 0) + amount > limit:
                return False
        return True


class VlansFilter(Filter):
    def host_passes(self, host: Candidate, request: PlacementRequest) -> bool:
        new = sum(one not in host.networks for one in request.network_ids)
        limit = host.limits.get("vlans:eth1")
        return limit is None or host.used.get("vlans:eth1", 0) + new <= limit


class OverlapFilter(Filter):
    def host_passes(self, host: Candidate, request: PlacementRequest) -> bool:
        if host.isolates_overlapping:
            return True
        return not any(
            network != need.network_id
            for need in request.requirements.networks
            for _, network in host.ranges.overlapping(need.cidr)
        )


@dataclass(frozen=True)
class Weigher:
    """How much is left of a resource."""

    resource: str

    def weigh(self, host: Candidate) -> float:
        """The host's raw weight."""
        return float((host.limits.get(self.resource) or 0) - host.used.get(self.resource, 0))


_FILTERS: Sequence[Filter] = (
    ComputeFilter(),
    ZoneFilter(),
    TenantFilter(),
    CapabilitiesFilter(),
    ResourcesFilter(),
    VlansFilter(),
    OverlapFilter(),
)
_WEIGHERS = (Weigher("vips"), Weigher("throughput"))


def nova_like(hosts: Sequence[Candidate], request: PlacementRequest) -> Candidate | None:
    """Each filter goes over the hosts that the one before left; then every weigher's weights
    are brought to 0..1 and added."""
    left = list(hosts)
    for each in _FILTERS:
        left = [host for host in left if each.host_passes(host, request)]
    if not left:
        return None
    totals = [0.0] * len(left)
    for weigher in _WEIGHERS:
        weights = [weigher.weigh(host) for host in left]
        low, high = min(weights), max(weights)
        span = high - low or 1.0
        totals = [
            total + (weight - low) / span for total, weight in zip(totals, weights, strict=True)
        ]
    return left[totals.index(max(totals))]


def full_scan(fleet: Fleet, request: PlacementRequest) -> Candidate | None:
    """Every device is judged; the best is what the index must find, too."""
    found = best((host, judge(request, host)) for host in fleet)
    return found[0] if found else None
