"""Networks made of loopback addresses: real traffic on one host, without any privilege."""

import ipaddress
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from adapters.network.allocation import check_address, choose_address
from core.domain.binding import Attachment
from core.domain.errors import AddressInUse, NotFound
from core.domain.network import Reservation, Subnet, SubnetInfo, address_after, overlapping
from core.domain.query import Query
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

_ATTEMPTS = 5


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

    def subnet(self, subnet_id: str) -> SubnetInfo | None:
        """What the catalogue knows."""
        with self.store.read() as work:
            subnet = work.subnets.get(subnet_id)
            network = work.networks.get(subnet.network_id) if subnet else None
        if subnet is None or network is None:
            return None
        return SubnetInfo(
            id=subnet.id,
            network_id=network.id,
            cidr=subnet.cidr,
            project_id=subnet.project_id,
            shared=network.shared,
        )

    def check_member(self, subnet: SubnetInfo, address: str, port: int) -> str | None:  # noqa: ARG002 the port's
        """Only loopback addresses can be reached, whatever the subnet, and not Pierhead's own."""
        member = ipaddress.ip_address(address)
        if not (isinstance(member, ipaddress.IPv4Address) and member in LOOPBACK):
            return f"{address} is outside {LOOPBACK}, and the loopback wiring reaches only that"
        if any(_reaches(member, port, host, taken) for host, taken in self.own):
            return f"{address} port {port} is Pierhead's own API"
        return None

    def reserve_address(self, subnet_id: str, address: str | None, owner: str) -> Reservation:
        """One transaction each attempt; the unique constraints have the final word."""
        for _ in range(_ATTEMPTS):
            try:
                with self.store.write() as work:
                    reservation = self._reserve(work, subnet_id, address, owner)
                    work.commit()
                return reservation
            except Duplicate:
                continue
        raise WiringFailure(f"no address of subnet {subnet_id} could be reserved for {owner}")

    def release_address(self, owner: str) -> None:
        """Take the owner's reservations out of the catalogue."""
        with self.store.write() as work:
            for reservation in work.reservations.find(Query(filters={"owner": (owner,)})):
                work.reservations.remove(reservation.id)
            work.commit()

    def attach(self, device_id: str, network_id: str, interface: str) -> Attachment:  # noqa: ARG002 always lo
        """The host's loopback interface serves every network."""
        return Attachment(device_id=device_id, network_id=network_id, interface=INTERFACE)

    def detach(self, device_id: str, network_id: str) -> None:
        """There is nothing to undo."""

    def _reserve(
        self, work: UnitOfWork, subnet_id: str, address: str | None, owner: str
    ) -> Reservation:
        subnet = work.subnets.get(subnet_id)
        if subnet is None:
            raise NotFound("Subnet", subnet_id)
        mine = {"owner": (owner,), "subnet_id": (subnet_id,)}
        for reservation in work.reservations.find(Query(filters=mine)):
            return reservation
        if address is None:
            address = _choose(work, subnet)
            work.subnets.save(replace(subnet, cursor=address_after(address)))
        else:
            check_address(subnet, address)
            if _is_taken(work, subnet_id, address):
                raise AddressInUse(address, subnet_id)
        reservation = Reservation(
            id=self.ids.new_id(),
            subnet_id=subnet_id,
            address=address,
            owner=owner,
            reserved_at=self.clock.now(),
        )
        work.reservations.add(reservation)
        return reservation


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


def _choose(work: UnitOfWork, subnet: Subnet) -> str:
    def taken() -> set[str]:
        filters = {"subnet_id": (subnet.id,)}
        return {each.address for each in work.reservations.find(Query(filters=filters))}

    return choose_address(
        subnet,
        lambda address: _is_taken(work, subnet.id, address),
        taken,
    )


def _is_taken(work: UnitOfWork, subnet_id: str, address: str) -> bool:
    return work.reservations.count({"subnet_id": (subnet_id,), "address": (address,)}) > 0
