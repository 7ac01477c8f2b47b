"""Where devices are: on which networks, with which tenants, with which ranges of addresses."""

from collections.abc import Callable, Iterable

from core.domain.addresses import Ranges
from core.domain.binding import NetworkNeed
from core.domain.placement.index.bits import Mask, lowest
from core.domain.placement.index.slot_sets import SlotSets
from core.domain.placement.request import Candidate


class Places:
    """Sets of slots by network, tenant and range. `host_in` gives the device in a slot."""

    def __init__(self, host_in: Callable[[int], Candidate]) -> None:
        self._host_in = host_in
        self.on_network = SlotSets()
        self.with_tenant = SlotSets()
        self.isolating: Mask = 0
        """Devices that keep overlapping addresses apart."""
        self._crowded: Mask = 0
        """Devices with networks that overlap each other."""
        self._with_range = SlotSets()
        """By range, the devices that have it and do not isolate."""
        self._ranges = Ranges()
        self._many_subnets: set[str] = set()
        """Networks that are not on the same subnets everywhere."""

    def add(self, slot: int, host: Candidate) -> None:
        """Note where a new device is."""
        for project in host.projects:
            self.with_tenant.add(project, slot)
        if host.isolates_overlapping:
            self.isolating |= 1 << slot
        self._add_networks(slot, host, host.networks)

    def remove(self, slot: int, host: Candidate) -> None:
        """Forget a device."""
        for project in host.projects:
            self.with_tenant.discard(project, slot)
        self._drop_networks(slot, host, set(host.networks))
        self.isolating &= ~(1 << slot)
        self._crowded &= ~(1 << slot)

    def replace(self, slot: int, before: Candidate, host: Candidate) -> None:
        """Note where the device is now."""
        if before.isolates_overlapping != host.isolates_overlapping:
            self.remove(slot, before)
            self.add(slot, host)
            return
        for project in before.projects.keys() - host.projects.keys():
            self.with_tenant.discard(project, slot)
        for project in host.projects.keys() - before.projects.keys():
            self.with_tenant.add(project, slot)
        changed = {
            network
            for network in before.networks.keys() | host.networks.keys()
            if before.networks.get(network) != host.networks.get(network)
        }
        self._drop_networks(slot, before, changed)
        self._add_networks(slot, host, changed & host.networks.keys())

    def widen(self, slot: int, host: Candidate, network: str, cidr: str, *, known: bool) -> None:
        """Note that the device, which has it already in `networks`, is on one more subnet, of a
        network that it was on before (`known`) or was not."""
        if known:
            self._many_subnets.add(network)
        self._add_network(slot, host, network, (cidr,))

    def rivals(self, cidr: str) -> Mask:
        """The devices that have an overlapping range, in whatever network, and do not isolate."""
        mask = 0
        for rival, _ in self._ranges.overlapping(cidr):
            mask |= self._with_range.mask(rival)
        return mask

    def conflicts(self, need: NetworkNeed, rivals: Mask) -> tuple[Mask, Mask]:
        """Of these rivals, the devices that certainly have the range in another network, and
        those that are on this network and may have one besides."""
        on_it = rivals and rivals & self.on_network.mask(need.network_id)
        if not on_it:
            return rivals, 0
        return rivals ^ on_it, on_it & self._crowded if self._is_usual(need, on_it) else on_it

    def is_crowded(self, slot: int) -> bool:
        """Whether the device in a slot is on networks that overlap each other."""
        return bool(self._crowded >> slot & 1)

    def copy(self, host_in: Callable[[int], Candidate]) -> "Places":
        """An independent copy."""
        other = Places(host_in)
        other.on_network = self.on_network.copy()
        other.with_tenant = self.with_tenant.copy()
        other.isolating, other._crowded = self.isolating, self._crowded
        other._with_range = self._with_range.copy()
        other._ranges = self._ranges.copy()
        other._many_subnets = self._many_subnets.copy()
        return other

    def _is_usual(self, need: NetworkNeed, on_it: Mask) -> bool:
        """Whether the devices on the network are known to be on the very subnet."""
        if need.network_id in self._many_subnets:
            return False
        return need.cidr in self._host_in(lowest(on_it)).networks[need.network_id]

    def _add_networks(self, slot: int, host: Candidate, networks: Iterable[str]) -> None:
        for network in networks:
            self._add_network(slot, host, network, host.networks[network])

    def _add_network(
        self, slot: int, host: Candidate, network: str, cidrs: tuple[str, ...]
    ) -> None:
        if network not in self._many_subnets and network in self.on_network:
            other = self._host_in(lowest(self.on_network.mask(network)))
            if other.networks.get(network) != host.networks[network]:
                self._many_subnets.add(network)
        self.on_network.add(network, slot)
        if host.isolates_overlapping:
            return
        for cidr in cidrs:
            if any(owner != network for _, owner in host.ranges.overlapping(cidr)):
                self._crowded |= 1 << slot
            host.ranges.add(cidr, network)
            if cidr not in self._with_range:
                self._ranges.add(cidr, cidr)
            self._with_range.add(cidr, slot)

    def _drop_networks(self, slot: int, host: Candidate, networks: set[str]) -> None:
        for network in networks & host.networks.keys():
            self.on_network.discard(network, slot)
        if host.isolates_overlapping:
            return
        gone = {cidr for network in networks for cidr in host.networks.get(network, ())}
        kept = {
            cidr
            for network, cidrs in host.networks.items()
            if network not in networks
            for cidr in cidrs
        }
        for cidr in gone - kept:
            self._with_range.discard(cidr, slot)
            if cidr not in self._with_range:
                self._ranges.discard(cidr, cidr)
