"""Networks made of loopback addresses: real traffic on one host, without any privilege."""

import ipaddress
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from adapters.network.allocation import Starts, check_address
from core.domain.binding import Attachment
from core.domain.errors import AddressInUse, NotFound
from core.domain.network import Reservation, Subnet, SubnetInfo, overlapping
from core.domain.query import Query, Sort
from core.ports.clock import Clock
from core.ports.id_source import IdSource
from core.ports.network_wirer import WiringFailure
from core.ports.repository import Duplicate
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork

LOOPBACK = ipaddress.IPv4Network("127.0.0.0/8")
HOSTS_OWN = ipaddress.IPv4Network("127.0.0.0/24")
"""Where the host's other programs listen, and will."""
INTERFACE = "lo"

_ATTEMPTS = 20
_GUESSES = 4
"""Attempts that do not look at what is taken: few addresses of most subnets are."""


@dataclass(frozen=True, slots=True)
class LoopbackWirer:
    """A NetworkWirer over the local catalogue of subnets.

    Every device on the host is on every network already, so there is nothing to attach.

    `own` are the addresses and ports where Pierhead itself listens. It believes whoever
    reaches it, so no device may carry a tenant's requests there.
    """

    store: Store
    clock: Clock
    ids: IdSource
    own: Collection[tuple[str, int]] = ()
    _starts: Starts = field(default_factory=Starts)
    _held: WeakKeyDictionary[UnitOfWork, dict[str, Subnet]] = field(
        default_factory=WeakKeyDictionary
    )
    """What units of work hold already and need not look up again."""

    @property
    def in_store(self) -> bool:
        """The catalogue is a part of the store."""
        return True

    def subnet(self, subnet_id: str, work: UnitOfWork | None = None) -> SubnetInfo | None:
        """What the catalogue knows."""
        if work is None:
            with self.store.read() as look:
                return _info(look, look.subnets.get(subnet_id))
        return _info(work, self._hold(work, subnet_id))

    def check_member(self, subnet: SubnetInfo, address: str, port: int) -> str | None:  # noqa: ARG002 the port's
        """Only loopback addresses can be reached, whatever the subnet, and not Pierhead's own."""
        member = ipaddress.ip_address(address)
        if not (isinstance(member, ipaddress.IPv4Address) and member in LOOPBACK):
            return f"{address} is outside {LOOPBACK}, and the loopback wiring reaches only that"
        if any(_reaches(member, port, host, taken) for host, taken in self.own):
            return f"{address} port {port} is Pierhead's own API"
        return None

    def reserve_address(
        self, subnet_id: str, address: str | None, owner: str, work: UnitOfWork | None = None
    ) -> Reservation:
        """Add the row and see: the unique constraints have the only word."""
        if work is not None:
            return self._reserve(work, subnet_id, address, owner)
        with self.store.write(fleet=False) as own:
            reservation = self._reserve(own, subnet_id, address, owner)
            own.commit()
        return reservation

    def release_address(self, owner: str, work: UnitOfWork | None = None) -> None:
        """Take the owner's reservations out of the catalogue."""
        if work is not None:
            _release(work, owner)
            return
        with self.store.write(fleet=False) as own:
            _release(own, owner)
            own.commit()

    def attach(self, device_id: str, network_id: str, interface: str) -> Attachment:  # noqa: ARG002 always lo
        """The host's loopback interface serves every network."""
        return Attachment(device_id=device_id, network_id=network_id, interface=INTERFACE)

    def detach(self, device_id: str, network_id: str) -> None:
        """There is nothing to undo."""

    def _reserve(
        self, work: UnitOfWork, subnet_id: str, address: str | None, owner: str
    ) -> Reservation:
        subnet = self._hold(work, subnet_id)
        if subnet is None:
            raise NotFound("Subnet", subnet_id)
        if address is not None:
            check_address(subnet, address)
        for attempt in range(_ATTEMPTS):
            wanted = address or self._choose(work, subnet, attempt)
            reservation = Reservation(
                id=self.ids.new_id(),
                subnet_id=subnet_id,
                address=wanted,
                owner=owner,
                reserved_at=self.clock.now(),
            )
            try:
                work.reservations.add(reservation)
            except Duplicate as duplicate:
                mine = _of_owner(work, subnet_id, owner)
                if mine is not None:
                    return mine
                if address is not None:
                    raise AddressInUse(address, subnet_id) from duplicate
            else:
                return reservation
        raise WiringFailure(f"no address of subnet {subnet_id} could be reserved for {owner}")

    def _hold(self, work: UnitOfWork, subnet_id: str) -> Subnet | None:
        held = self._held.setdefault(work, {})
        if subnet_id not in held:
            subnet = work.subnets.hold(subnet_id, shared=True)
            if subnet is None:
                return None
            held[subnet_id] = subnet
        return held[subnet_id]

    def _choose(self, work: UnitOfWork, subnet: Subnet, attempt: int) -> str:
        """An address that is perhaps free at the first attempts, and was at the later ones.

        Whoever met another process at the place where both went on starts again elsewhere.
        """
        if not self._starts.know(subnet.id):
            self._starts.begin(subnet.id, _newest(work, subnet.id))
        elif attempt:
            self._starts.scatter(subnet)
        taken: Collection[str] = () if attempt < _GUESSES else _taken(work, subnet.id)
        return self._starts.next(subnet, taken)


class LoopbackSubnetPolicy:
    """A SubnetPolicy: each loopback address exists once on a host."""

    def refuse(self, cidr: str, others: Sequence[str]) -> str | None:
        """Refuse what is outside 127.0.0.0/8, holds addresses that the host's programs use, or
        overlaps any other subnet."""
        network = ipaddress.ip_network(cidr)
        if not (isinstance(network, ipaddress.IPv4Network) and network.subnet_of(LOOPBACK)):
            return f"{cidr} is outside {LOOPBACK}, and the loopback wiring has only that"
        if network.overlaps(HOSTS_OWN):
            return f"{cidr} cannot be, as {HOSTS_OWN} is the host's own"
        overlap = overlapping(cidr, others)
        if overlap is not None:
            return f"{cidr} overlaps subnet {overlap}, and a loopback address exists only once"
        return None


def _reaches(member: ipaddress.IPv4Address, port: int, host: str, taken: int) -> bool:
    """Whether what listens at a host's address and port takes connections to the member."""
    listening = ipaddress.ip_address(host)
    return port == taken and (listening.is_unspecified or listening == member)


def _info(work: UnitOfWork, subnet: Subnet | None) -> SubnetInfo | None:
    network = None if subnet is None else work.networks.get(subnet.network_id)
    if subnet is None or network is None:
        return None
    return SubnetInfo(
        id=subnet.id,
        network_id=network.id,
        cidr=subnet.cidr,
        project_id=subnet.project_id,
        shared=network.shared,
    )


def _release(work: UnitOfWork, owner: str) -> None:
    mine = work.reservations.find(Query(filters={"owner": (owner,)}))
    work.reservations.remove(*(each.id for each in mine))


def _of_owner(work: UnitOfWork, subnet_id: str, owner: str) -> Reservation | None:
    filters = {"owner": (owner,), "subnet_id": (subnet_id,)}
    return next(iter(work.reservations.find(Query(filters=filters))), None)


def _newest(work: UnitOfWork, subnet_id: str) -> str | None:
    """The address of the subnet that was reserved last, by whichever process."""
    last = Query(
        filters={"subnet_id": (subnet_id,)}, sort=(Sort("reserved_at", descending=True),), limit=1
    )
    return next((each.address for each in work.reservations.find(last)), None)


def _taken(work: UnitOfWork, subnet_id: str) -> set[str]:
    filters = {"subnet_id": (subnet_id,)}
    return {each.address for each in work.reservations.find(Query(filters=filters))}
