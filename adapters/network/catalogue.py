"""The local catalogue of subnets, from which every wiring without Neutron takes its addresses."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from adapters.network.allocation import Starts, check_address
from core.domain.device_addresses import device_and_network
from core.domain.errors import AddressInUse, NotFound
from core.domain.network import Network, Reservation, Subnet, SubnetInfo
from core.domain.query import Query, Sort
from core.ports.clock import Clock
from core.ports.id_source import IdSource
from core.ports.network_wirer import WiringFailure
from core.ports.repository import Duplicate
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork

_ATTEMPTS = 20
_GUESSES = 4
"""Attempts that do not look at what is taken: few addresses of most subnets are."""


@dataclass(frozen=True, slots=True)
class CatalogueIpam:
    """All of an Ipam but what members may be, over the catalogue in the store."""

    store: Store
    clock: Clock
    ids: IdSource
    _starts: Starts = field(default_factory=Starts, init=False, repr=False)
    _networks: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    """The networks of subnets that were asked for: no subnet changes its network."""
    _held: WeakKeyDictionary[UnitOfWork, dict[str, Subnet]] = field(
        default_factory=WeakKeyDictionary, init=False, repr=False
    )
    """What units of work hold already and need not look up again."""

    @property
    def in_store(self) -> bool:
        """The catalogue is a part of the store."""
        return True

    def subnet(self, subnet_id: str) -> SubnetInfo | None:
        """What the catalogue knows."""
        with self.store.read() as look:
            subnet = look.subnets.get(subnet_id)
            return None if subnet is None else _info(subnet, look.networks.get(subnet.network_id))

    def subnet_along(self, subnet_id: str, work: UnitOfWork) -> Callable[[], SubnetInfo | None]:
        """See Ipam.subnet_along."""
        asked = work.subnets.along.hold(subnet_id, shared=True)
        known = self._networks.get(subnet_id)
        of_known = None if known is None else work.networks.along.get(known)

        def answer() -> SubnetInfo | None:
            subnet = asked()
            if subnet is None:
                return None
            self._held.setdefault(work, {})[subnet_id] = subnet
            if of_known is not None and subnet.network_id == known:
                return _info(subnet, of_known())
            self._networks[subnet_id] = subnet.network_id
            return _info(subnet, work.networks.get(subnet.network_id))

        return answer

    def reserve_address(
        self,
        subnet_id: str,
        address: str | None,
        owner: str,
        project_id: str,  # noqa: ARG002 nobody else looks
        work: UnitOfWork | None = None,
        *,
        attempt: int = 0,
    ) -> Reservation:
        """Add the row and see: the unique constraints have the only word."""
        if work is not None:
            return self.reserve(work, subnet_id, address, owner, first_attempt=attempt)
        with self.store.write(fleet=False) as own:
            reservation = self.reserve(own, subnet_id, address, owner)
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

    def reservations(self) -> Sequence[Reservation]:
        """What the catalogue has for services."""
        with self.store.read() as work:
            found = work.reservations.find(Query())
        return [each for each in found if device_and_network(each.owner) is None]

    def reserve(
        self,
        work: UnitOfWork,
        subnet_id: str,
        address: str | None,
        owner: str,
        *,
        first_attempt: int = 0,
    ) -> Reservation:
        """As `reserve_address`, for whatever owner, a service or a device."""
        subnet = self.hold(work, subnet_id)
        if subnet is None:
            raise NotFound("Subnet", subnet_id)
        if address is not None:
            check_address(subnet, address)
        for attempt in range(first_attempt, _ATTEMPTS):
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

    def hold(self, work: UnitOfWork, subnet_id: str) -> Subnet | None:
        """The subnet, which stays as it is until the end of the unit of work."""
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


def _info(subnet: Subnet, network: Network | None) -> SubnetInfo | None:
    if network is None:
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
