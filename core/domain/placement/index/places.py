"""Where devices are: on which networks, with which tenants, with which ranges of addresses."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from core.domain.addresses import Owned, Ranges
from core.domain.binding import NetworkNeed
from core.domain.placement.index.bits import Mask, lowest, slots_of
from core.domain.placement.index.slot_sets import SlotSets
from core.domain.placement.request import Candidate


class _Chain(NamedTuple):
    """The last of some names, and those before it. A name more is one tuple more, however many
    there are, and nothing that a copy shares is changed."""

    name: str
    before: "_Chain | None"


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
        self._networks: dict[str, _Chain] = {}
        """By range, the networks that use it, on whatever device. Those of many subnets may not
        use it any more."""

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

    def owners(self, cidr: str) -> list[Owned]:
        """The overlapping ranges with the networks that use them, on whatever device, sorted."""
        return [
            (rival, network)
            for rival, _ in sorted(self._ranges.overlapping(cidr))
            for network in sorted(_links(self._networks.get(rival)))
        ]

    def users(self, owned: Owned, among: set[int]) -> Iterable[int]:
        """The slots, of these, whose devices use a range in the network that owns it."""
        cidr, network = owned
        slots = self.on_network.get(network)
        here = among.intersection(slots_of(slots) if isinstance(slots, int) else slots)
        if network not in self._many_subnets:
            return here
        return [slot for slot in here if cidr in self._host_in(slot).networks[network]]

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
        other._networks = self._networks.copy()
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
        self._note_networks(host, network, cidrs)
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

    def _note_networks(self, host: Candidate, network: str, cidrs: Iterable[str]) -> None:
        """Note that a network uses these ranges, before the device is said to be on it."""
        is_known = network in self._many_subnets
        if not is_known and network in self.on_network:
            other = self._host_in(self.on_network.one(network))
            if other.networks.get(network) == host.networks[network]:
                return
            self._many_subnets.add(network)
            is_known = True
        for cidr in cidrs:
            chain = self._networks.get(cidr)
            if not (is_known and network in _links(chain)):
                self._networks[cidr] = _Chain(network, chain)

    def _drop_networks(self, slot: int, host: Candidate, networks: set[str]) -> None:
        for network in networks & host.networks.keys():
            self.on_network.discard(network, slot)
            if network not in self.on_network:
                self._forget(network, host.networks[network])
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

    def _forget(self, network: str, cidrs: Iterable[str]) -> None:
        for cidr in cidrs:
            left: _Chain | None = None
            for one in _links(self._networks.pop(cidr, None)):
                if one != network:
                    left = _Chain(one, left)
            if left is not None:
                self._networks[cidr] = left


def _links(chain: _Chain | None) -> list[str]:
    names = []
    while chain is not None:
        name, chain = chain
        names.append(name)
    return names
