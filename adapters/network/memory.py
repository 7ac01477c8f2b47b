"""Networks that exist only in memory, for tests and trials without any traffic."""

from collections.abc import Callable, Sequence
from threading import RLock

from adapters.network.allocation import Starts, check_address
from core.domain.binding import Attachment
from core.domain.errors import AddressInUse, NotFound
from core.domain.network import Reservation, Subnet, SubnetInfo
from core.domain.wiring import DeviceWiring, Site, WiringKind
from core.ports.clock import Clock
from core.ports.id_source import IdSource
from core.ports.unit_of_work import UnitOfWork


class MemoryWirer:
    """An Ipam that keeps its own subnets, and a NetworkWirer. Every member address can be
    reached. `remote`: it is as if another system did the work, and attachments tell hosts."""

    in_store = False

    def __init__(self, clock: Clock, ids: IdSource, *, remote: bool = False) -> None:
        self.remote = remote
        self._clock = clock
        self._ids = ids
        self._refused: dict[WiringKind, str] = {}
        self._lock = RLock()
        self._subnets: dict[str, Subnet] = {}
        self._starts = Starts()
        self._shared: set[str] = set()
        self._taken: dict[str, dict[str, Reservation]] = {}
        self._by_owner: dict[str, dict[str, Reservation]] = {}
        self._attachments: dict[tuple[str, str], Attachment] = {}

    def add_subnet(self, subnet: Subnet, *, shared: bool = False) -> None:
        """Make a subnet known; `shared`: to all projects."""
        with self._lock:
            self._subnets[subnet.id] = subnet
            self._taken.setdefault(subnet.id, {})
            if shared:
                self._shared.add(subnet.id)

    def reservations(self) -> tuple[Reservation, ...]:
        """All addresses that are taken."""
        with self._lock:
            return tuple(each for taken in self._taken.values() for each in taken.values())

    def refusal(self, wiring: DeviceWiring) -> str | None:
        """Every kind will do that was not refused by `refuse`."""
        return self._refused.get(wiring.kind)

    def refuse(self, kind: WiringKind, reason: str | None) -> None:
        """Have devices of a kind not wired for this reason; None: have them wired again."""
        if reason is None:
            self._refused.pop(kind, None)
        else:
            self._refused[kind] = reason

    def lose(self, device_id: str, network_id: str) -> None:
        """Somebody else deletes an attachment."""
        with self._lock:
            del self._attachments[device_id, network_id]

    def attachments(self) -> tuple[Attachment, ...]:
        """All devices' attachments."""
        with self._lock:
            return tuple(self._attachments.values())

    def subnet(self, subnet_id: str) -> SubnetInfo | None:
        """A subnet that was added."""
        with self._lock:
            subnet = self._subnets.get(subnet_id)
            if subnet is None:
                return None
            return SubnetInfo(
                id=subnet.id,
                network_id=subnet.network_id,
                cidr=subnet.cidr,
                project_id=subnet.project_id,
                shared=subnet_id in self._shared,
            )

    def subnet_along(
        self,
        subnet_id: str,
        work: UnitOfWork,  # noqa: ARG002 not in the store
    ) -> Callable[[], SubnetInfo | None]:
        """See Ipam.subnet_along."""
        found = self.subnet(subnet_id)
        return lambda: found

    def check_member(self, subnet: SubnetInfo, address: str, port: int) -> str | None:  # noqa: ARG002 the port's
        """There is no traffic that could fail."""
        return None

    def reserve_address(
        self,
        subnet_id: str,
        address: str | None,
        owner: str,
        project_id: str,  # noqa: ARG002 nobody else looks
        work: UnitOfWork | None = None,  # noqa: ARG002 not in the store
        *,
        attempt: int = 0,  # noqa: ARG002 not in the store
    ) -> Reservation:
        """Take the address under the lock."""
        with self._lock:
            subnet = self._subnets.get(subnet_id)
            if subnet is None:
                raise NotFound("Subnet", subnet_id)
            known = self._by_owner.get(owner, {}).get(subnet_id)
            return known or self._take(subnet, address, owner)

    def release_address(self, owner: str, work: UnitOfWork | None = None) -> None:  # noqa: ARG002 not in the store
        """Forget the owner's reservations."""
        with self._lock:
            for reservation in self._by_owner.pop(owner, {}).values():
                del self._taken[reservation.subnet_id][reservation.address]

    def attach(
        self, site: Site, network_id: str, interface: str, cidrs: Sequence[str]
    ) -> Attachment:
        """Note the attachment. One of a device elsewhere, or of other subnets, is changed."""
        place = (site.device_id, network_id)
        with self._lock:
            known = self._attachments.get(place)
            attachment = Attachment(
                device_id=site.device_id,
                network_id=network_id,
                interface=interface,
                host=site.host if self.remote else None,
                port_id=self._ids.new_id() if known is None else known.port_id,
                cidrs=tuple(sorted({*cidrs, *(known.cidrs if known else ())})),
            )
            self._attachments[place] = attachment
            return attachment

    def detach(self, site: Site, network_id: str) -> None:
        """Forget the attachment."""
        with self._lock:
            self._attachments.pop((site.device_id, network_id), None)

    def _take(self, subnet: Subnet, address: str | None, owner: str) -> Reservation:
        taken = self._taken[subnet.id]
        if address is None:
            address = self._starts.next(subnet, taken)
        else:
            check_address(subnet, address)
            if address in taken:
                raise AddressInUse(address, subnet.id)
        reservation = Reservation(
            id=self._ids.new_id(),
            subnet_id=subnet.id,
            address=address,
            owner=owner,
            reserved_at=self._clock.now(),
        )
        taken[address] = reservation
        self._by_owner.setdefault(owner, {})[subnet.id] = reservation
        return reservation


class AnySubnet:
    """A SubnetPolicy that leaves everything to the catalogue's own rules."""

    def refuse(self, cidr: str, others: Sequence[str]) -> str | None:  # noqa: ARG002 the port's
        """Every range will do."""
        return None
