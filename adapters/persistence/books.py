"""The arithmetic of claims, the same for every store: what a group of them makes of the
accounts that it touches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.domain.binding import Binding, Claim, Footing, NetworkNeed, Shortage, vlan_resource

Key = tuple[str, str]
"""A device's id, and the name of a resource or a network's id."""


@dataclass(slots=True)
class Counter:
    """How much of a resource is used. `change` is what the group made of it; `most` is how much
    may be used to begin with so that no limit is exceeded on the way, None: any amount.
    `percent` is the least part of the limit that counted for anybody."""

    used: int = 0
    limit: int | None = None
    stored: bool = False
    change: int = 0
    most: int | None = None
    percent: int | None = None

    def room(self, percent: int) -> int | None:
        """How much may be used in all; None: as much as one likes."""
        return None if self.limit is None else self.limit * percent // 100

    def take(self, amount: int, percent: int) -> None:
        self.change += amount
        room = self.room(percent)
        if amount > 0 and room is not None:
            most = room - self.change
            if self.most is None or most < self.most:
                self.most = most
            if self.percent is None or percent < self.percent:
                self.percent = percent

    def give(self, amount: int) -> None:
        self.change -= amount


@dataclass(slots=True)
class Place:
    """A network's place on a device. `narrowed`: which subnets are in use there must be found
    out from the services that stay."""

    interface: str
    users: int = 0
    cidrs: tuple[str, ...] = ()
    stored: bool = False
    narrowed: bool = False

    def join(self, cidrs: tuple[str, ...]) -> None:
        if self.users and self.cidrs != cidrs:
            cidrs = tuple(sorted({*self.cidrs, *cidrs}))
        self.cidrs = cidrs
        self.users += 1

    def leave(self, cidrs: tuple[str, ...]) -> None:
        self.users -= 1
        # The last subnet is that of all who stay.
        self.narrowed = self.users > 0 and len(self.cidrs) > 1
        if not self.users:
            self.cidrs = cidrs


@dataclass(slots=True)
class Books:
    """The accounts that a group of claims and releases touches: what is stored to begin with,
    and what it becomes. Counters and networks that are missing do not exist yet."""

    bindings: dict[str, Binding]
    counters: dict[Key, Counter]
    places: dict[Key, Place]
    gone: list[str] = field(default_factory=list)
    """Services whose stored binding goes or is replaced."""
    bound: dict[str, Binding] = field(default_factory=dict)
    """New bindings by service."""
    devices: set[str] = field(default_factory=set)
    """Those on which anything changed."""

    def claim(self, claim: Claim) -> Shortage | None:
        """Take what a binding claims, or change nothing and say what is short."""
        binding = claim.binding
        device_id = binding.device_id
        needed = cidrs_by_network(binding.networks)
        new = sum((device_id, network_id) not in self.places for network_id in needed)
        wanted = dict(binding.claims)
        if new:
            slots = vlan_resource(claim.interface)
            wanted[slots] = wanted.get(slots, 0) + new
        before = self.bindings.get(binding.service_id)
        stays = before is not None and before.device_id == device_id
        shortage = self._take(claim, wanted, before.claims if before and stays else {})
        if shortage is not None:
            return shortage
        if before is not None:
            self._remove(before, keeps_claims=stays)
        for network_id, cidrs in needed.items():
            self._place(device_id, network_id, claim.interface).join(cidrs)
        self.bindings[binding.service_id] = self.bound[binding.service_id] = binding
        self.devices.add(device_id)
        return None

    def claim_on(self, footing: Footing, claim: Claim) -> Shortage | None:
        """`claim` for a service that is bound nowhere, where the claimant knows of the device what
        is not in the books: its places then have only those users who join them here."""
        device_id = claim.binding.device_id
        for resource in (*claim.binding.claims, vlan_resource(claim.interface)):
            if (device_id, resource) not in self.counters:
                used, limit = footing.used.get(resource, 0), footing.limits.get(resource)
                self.counters[device_id, resource] = Counter(used, limit, stored=True)
        for network_id, cidrs in cidrs_by_network(claim.binding.networks).items():
            if network_id in footing.networks and (device_id, network_id) not in self.places:
                place = Place(claim.interface, cidrs=cidrs, stored=True)
                self.places[device_id, network_id] = place
        return self.claim(claim)

    def bear_out(self, footing: Footing, binding: Binding) -> bool:
        """Whether the networks are as the footing says, and the service is bound nowhere."""
        if binding.service_id in self.bindings:
            return False
        for network_id, cidrs in cidrs_by_network(binding.networks).items():
            place = self.places.get((binding.device_id, network_id))
            known = cidrs if network_id in footing.networks else None
            if known != (None if place is None else place.cidrs):
                return False
        return True

    def release(self, service_id: str) -> None:
        """Return all that a service holds, if anything."""
        before = self.bindings.pop(service_id, None)
        if before is not None:
            self._remove(before, keeps_claims=False)

    def _take(
        self, claim: Claim, wanted: Mapping[str, int], held: Mapping[str, int]
    ) -> Shortage | None:
        device_id = claim.binding.device_id
        steps = []
        for resource in sorted({*held, *wanted} if held else wanted):
            amount = wanted.get(resource, 0) - held.get(resource, 0)
            if not amount:
                continue
            counter = self.counters.get((device_id, resource))
            if counter is None:
                counter = Counter()
            percent = claim.oversubscription.get(resource, 100)
            room = counter.room(percent)
            used = counter.used + counter.change
            if amount > 0 and room is not None and used + amount > room:
                return Shortage(device_id, resource, amount, used, room)
            steps.append((resource, counter, amount, percent))
        for resource, counter, amount, percent in steps:
            self.counters[device_id, resource] = counter
            counter.take(amount, percent)
        return None

    def _place(self, device_id: str, network_id: str, interface: str) -> Place:
        place = self.places.get((device_id, network_id))
        if place is None:
            place = self.places[device_id, network_id] = Place(interface)
        return place

    def _remove(self, before: Binding, *, keeps_claims: bool) -> None:
        device_id = before.device_id
        if not keeps_claims:
            for resource, amount in before.claims.items():
                counter = self.counters.get((device_id, resource))
                if counter is not None:
                    counter.give(amount)
        for network_id, cidrs in cidrs_by_network(before.networks).items():
            place = self.places.get((device_id, network_id))
            if place is not None:
                place.leave(cidrs)
        self.gone.append(before.service_id)
        self.devices.add(device_id)


def cidrs_by_network(networks: Iterable[NetworkNeed]) -> dict[str, tuple[str, ...]]:
    """The subnets that are needed of each network, sorted."""
    found: dict[str, tuple[str, ...]] = {}
    for need in networks:
        known = found.get(need.network_id)
        found[need.network_id] = (
            (need.cidr,) if known is None else tuple(sorted({*known, need.cidr}))
        )
    return found


def keys_of(bindings: Iterable[Binding]) -> dict[Key, None]:
    """The places that bindings have or will have on their devices, each once, in order."""
    return dict.fromkeys(
        (binding.device_id, need.network_id) for binding in bindings for need in binding.networks
    )
