"""The fleet as placement sees it, kept ready for decisions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from core.domain.binding import Account, NetworkNeed, vlan_resource
from core.domain.device import Device, DriverInfo
from core.domain.placement.index.bits import Mask, slots_of
from core.domain.placement.index.classes import Classes
from core.domain.placement.index.drawing import Drawn, Ring
from core.domain.placement.index.measures import Measures
from core.domain.placement.index.places import Places
from core.domain.placement.index.planner import Planner
from core.domain.placement.index.plans import Plan
from core.domain.placement.request import Candidate, PlacementRequest, candidate
from core.domain.service_type import Grouping

_VACANT = 64
"""Slots of removed devices that are put up with before the fleet is numbered anew."""

_MOST_RINGS = 64


class Fleet:
    """Every device with what is on it, and the sets by which a search goes.

    Slots follow the devices' numbers, so that the lowest slot of equals is the device that
    was registered first. Not safe between threads. `fork` gives an independent copy
    cheaply: what is not changed is shared.
    """

    def __init__(self, drivers: Mapping[str, DriverInfo]) -> None:
        self._drivers = drivers
        self._clear()

    def _clear(self) -> None:
        self._hosts: list[Candidate | None] = []
        self._slots: dict[str, int] = {}
        self._mine: set[int] | None = None
        """Slots whose hosts no fork shares; None: all of them."""
        self.all: Mask = 0
        self.places = Places(self.host)
        self._classes = Classes()
        self._measures = Measures(self._taken)
        self._planner = Planner(self._classes, self._measures)
        self._rings: dict[Mask, Ring] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def __iter__(self) -> Iterator[Candidate]:
        return (host for host in self._hosts if host is not None)

    def entries(self) -> Iterator[tuple[int, Candidate, int]]:
        """Slot, device and number of its class, of every device."""
        classes = self._classes.of_slot
        for slot, (host, number) in enumerate(zip(self._hosts, classes, strict=True)):
            if host is not None:
                yield slot, host, number

    @property
    def hosts(self) -> Sequence[Candidate | None]:
        """The device in each slot; None: it is vacant."""
        return self._hosts

    def get(self, device_id: str) -> Candidate | None:
        """A device as it is now; not to be changed."""
        slot = self._slots.get(device_id)
        return None if slot is None else self._hosts[slot]

    def host(self, slot: int) -> Candidate:
        """The device in a slot that is taken."""
        host = self._hosts[slot]
        if host is None:
            raise LookupError(f"slot {slot} is vacant")
        return host

    @property
    def classes(self) -> Sequence[int]:
        """The number of the class of each slot's device."""
        return self._classes.of_slot

    def class_of(self, slot: int) -> int:
        """The number of the class of the device in a slot."""
        return self._classes.of_slot[slot]

    def mask_of(self, device_ids: Iterable[str]) -> Mask:
        """These devices, as far as they are here."""
        mask = 0
        for device_id in device_ids:
            slot = self._slots.get(device_id)
            if slot is not None:
                mask |= 1 << slot
        return mask

    def plan(self, request: PlacementRequest) -> Plan:
        """The request's policy applied to this fleet."""
        return self._planner.plan(request)

    def missing(self, request: PlacementRequest) -> tuple[str, ...]:
        """What the request uses and some device cannot do, sorted."""
        return self._planner.missing(request)

    def subset(self, request: PlacementRequest) -> frozenset[str] | None:
        """The devices that are drawn for the request's tenant, where tenants are kept apart."""
        drawn = self.drawn(request)
        return None if drawn is None else drawn.device_ids

    def drawn(self, request: PlacementRequest, plan: Plan | None = None) -> Drawn | None:
        """The same, with their slots; `plan` is the request's."""
        policy = request.policy
        if policy.grouping is not Grouping.APART:
            return None
        if plan is None:
            plan = self.plan(request)
        if plan.ring is None:
            plan.ring = self._ring(plan.lasting)
        return plan.ring.draw(policy.apart, request.project_id)

    def fill(self, devices: Iterable[Device], accounts: Mapping[str, Account]) -> None:
        """Replace all there is."""
        self._clear()
        for device in sorted(devices, key=_rank):
            self._append(self._candidate(device, accounts.get(device.id)))

    def put(self, device: Device, account: Account) -> None:
        """Add a device, or replace what is known of it."""
        host = self._candidate(device, account)
        slot = self._slots.get(device.id)
        last = next((one for one in reversed(self._hosts) if one is not None), None)
        if slot is not None and self.host(slot).device.number == device.number:
            self._replace(slot, host)
        elif slot is None and (last is None or _rank(last.device) < _rank(device)):
            self._append(host)
        else:
            self._renumber([one for one in self if one.device.id != device.id] + [host])

    def remove(self, device_id: str) -> None:
        """Forget a device; nothing happens when it is not there."""
        slot = self._slots.pop(device_id, None)
        if slot is None:
            return
        self.places.remove(slot, self.host(slot))
        self._classes.leave(slot)
        self._measures.drop(slot)
        self._hosts[slot] = None
        self.all ^= 1 << slot
        if len(self._hosts) > 2 * len(self._slots) + _VACANT:
            self._renumber(list(self))

    def claim(
        self,
        device_id: str,
        project_id: str,
        claims: Mapping[str, int],
        networks: Sequence[NetworkNeed],
    ) -> bool:
        """Count a service that was placed on a device.

        False: a network that it is on has other subnets than the service uses. Should nobody
        use it, the store forgets these, and only the store knows.
        """
        slot = self._slots[device_id]
        host = self._own(slot)
        used: dict[str, int] = host.used  # type: ignore[assignment]  # ours, so it is a dict
        for resource, amount in claims.items():
            used[resource] = used.get(resource, 0) + amount
        projects: dict[str, int] = host.projects  # type: ignore[assignment]
        if project_id not in projects:
            self.places.with_tenant.add(project_id, slot)
        projects[project_id] = projects.get(project_id, 0) + 1
        before = {need.network_id: host.networks.get(need.network_id) for need in networks}
        for need in networks:
            self._join(slot, host, need)
        self._measures.take(slot, host, claims, sum(cidrs is None for cidrs in before.values()))
        return all(
            cidrs is None or cidrs == needed
            for cidrs, needed in zip(before.values(), _subnets(networks), strict=True)
        )

    def fork(self) -> "Fleet":
        """An independent copy of the fleet as it is now."""
        other = Fleet(self._drivers)
        other._hosts = self._hosts.copy()
        other._slots = self._slots.copy()
        other._mine = set()
        self._mine = set()
        other.all = self.all
        other.places = self.places.copy(other.host)
        other._classes = self._classes.copy()
        other._measures = self._measures.copy(other._taken)
        other._planner = Planner(other._classes, other._measures)
        other._rings = self._rings.copy()
        return other

    def _taken(self) -> Iterator[tuple[int, Candidate]]:
        return ((slot, host) for slot, host in enumerate(self._hosts) if host is not None)

    def _candidate(self, device: Device, account: Account | None) -> Candidate:
        return candidate(device, self._drivers.get(device.driver), account or Account())

    def _append(self, host: Candidate) -> None:
        slot = len(self._hosts)
        host = host.copy()
        self._hosts.append(host)
        self._slots[host.device.id] = slot
        if self._mine is not None:
            self._mine.add(slot)
        self.all |= 1 << slot
        self.places.add(slot, host)
        self._classes.enter(slot, host)
        self._measures.put(slot, host)

    def _replace(self, slot: int, host: Candidate) -> None:
        before = self.host(slot)
        host = host.copy()
        self._hosts[slot] = host
        if self._mine is not None:
            self._mine.add(slot)
        self.places.replace(slot, before, host)
        self._classes.enter(slot, host)
        self._measures.put(slot, host)

    def _join(self, slot: int, host: Candidate, need: NetworkNeed) -> None:
        networks: dict[str, tuple[str, ...]] = host.networks  # type: ignore[assignment]
        cidrs = networks.get(need.network_id)
        if cidrs is not None and need.cidr in cidrs:
            return
        if cidrs is None and host.driver is not None:
            used: dict[str, int] = host.used  # type: ignore[assignment]
            resource = vlan_resource(host.driver.data_interface)
            used[resource] = used.get(resource, 0) + 1
        networks[need.network_id] = tuple(sorted((*(cidrs or ()), need.cidr)))
        known = cidrs is not None
        self.places.widen(slot, host, need.network_id, need.cidr, known=known)

    def _ring(self, lasting: Mask) -> Ring:
        ring = self._rings.get(lasting)
        if ring is None:
            if len(self._rings) >= _MOST_RINGS:
                self._rings.clear()
            ring = Ring((self.host(slot).device.id, slot) for slot in slots_of(lasting))
            self._rings[lasting] = ring
        return ring

    def _own(self, slot: int) -> Candidate:
        """The host in a slot, to be changed."""
        host = self.host(slot)
        if self._mine is not None and slot not in self._mine:
            host = self._hosts[slot] = host.copy()
            self._mine.add(slot)
        return host

    def _renumber(self, hosts: list[Candidate]) -> None:
        accounts = {host.device.id: host.account for host in hosts}
        self.fill([host.device for host in hosts], accounts)


def _subnets(networks: Sequence[NetworkNeed]) -> Iterable[tuple[str, ...]]:
    """The subnets that are needed of each network, sorted."""
    if len(networks) == 1:
        return ((networks[0].cidr,),)
    found: dict[str, tuple[str, ...]] = {}
    for need in networks:
        known = found.get(need.network_id)
        found[need.network_id] = (
            (need.cidr,) if known is None else tuple(sorted({*known, need.cidr}))
        )
    return found.values()


def _rank(device: Device) -> tuple[int, str]:
    return device.number, device.id
