"""Creating VIPs: all that a request names, or nothing."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from core.domain.errors import AddressInUse
from core.domain.loadbalancer import rules
from core.domain.loadbalancer.model import Listener, LoadBalancer, Pool
from core.domain.network import Reservation, SubnetInfo
from core.domain.service import Service, ServiceKind
from core.domain.service_type import ServiceType
from core.domain.validation import canonical_address, check_text
from core.ports.clock import Clock
from core.ports.id_source import IdSource
from core.ports.ipam import Ipam
from core.ports.network_wirer import WiringFailure
from core.ports.repository import Duplicate
from core.ports.store import Store, StoreFailure
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.loadbalancing.addresses import give_back
from core.usecases.loadbalancing.references import (
    Subnets,
    TypeFinder,
    usable_pool,
    usable_subnets,
)
from core.usecases.loadbalancing.types import CreateVip, VipView
from core.usecases.loadbalancing.views import vip_view
from core.usecases.loadbalancing.vip_rules import (
    check_protocol,
    check_texts,
    pool_in_use,
    stamp_of,
)
from core.usecases.lookup import hold_all_along


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new VIP will be."""

    subnet: SubnetInfo
    reservation: Reservation


@dataclass(frozen=True, slots=True)
class Named:
    """What requests name, asked for together and held: each gives it when called."""

    pools: Callable[[], dict[str, Pool]]
    types: Callable[[], dict[str | None, ServiceType]]
    """By what they are called."""
    subnets: Subnets


@dataclass(frozen=True, slots=True)
class NewVip:
    """A VIP that was asked for, with what it named."""

    item: CreateVip
    place: Place
    pool: Pool
    service_type_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VipCreation:
    """Stores VIPs and their services in one transaction, in which their addresses are reserved;
    before it where the store does not keep these."""

    store: Store
    ipam: Ipam
    clock: Clock
    ids: IdSource
    _types: TypeFinder = field(default_factory=TypeFinder, init=False)

    def __call__(self, caller: Caller, items: Sequence[CreateVip]) -> list[VipView]:
        """Create all items or none."""
        for item in items:
            _check(item)
        attempt = 0
        while True:
            try:
                return self._create(caller, items, attempt)
            except Duplicate as duplicate:
                self._refuse(items, duplicate)
            attempt += 1

    def _create(self, caller: Caller, items: Sequence[CreateVip], attempt: int) -> list[VipView]:
        """Raises Duplicate for a pool that is used, and for an address that was taken since it
        was chosen."""
        owners = [self.ids.new_id() for _ in items]
        in_store = self.ipam.in_store
        try:
            if not in_store:
                subnets = self._subnets(caller, items)
                places = self._reserve(caller, items, owners, subnets())
            with self.store.write(fleet=False) as work:
                named = self._named(work, caller, items)
                pools = named.pools()
                for item in items:
                    _check_pool(pools, caller, item)
                types = named.types()
                known = named.subnets()
                with work.together():
                    if in_store:
                        places = self._reserve(caller, items, owners, known, work, attempt=attempt)
                    views = [
                        self._add(
                            work,
                            caller,
                            NewVip(item, place, pools[item.pool_id], types[item.service_type].id),
                        )
                        for item, place in zip(items, places, strict=True)
                    ]
                work.commit()
        except BaseException:
            self._give_back(owners)
            raise
        return views

    def _refuse(self, items: Sequence[CreateVip], duplicate: Duplicate) -> None:
        """Say what of the items cannot be, unless other addresses will do. The store is the
        first to know: looking before would take time for what seldom happens."""
        with self.store.read() as work:
            if "address" not in duplicate.fields:
                raise pool_in_use(work, [item.pool_id for item in items]) from duplicate
            wanted: set[tuple[str, str]] = set()
            for item in items:
                address = _address(item)
                if address is None:
                    continue
                taken = {"subnet_id": (item.subnet_id,), "address": (address,)}
                if (item.subnet_id, address) in wanted or work.reservations.count(taken):
                    raise AddressInUse(address, item.subnet_id) from duplicate
                wanted.add((item.subnet_id, address))

    def _reserve(
        self,
        caller: Caller,
        items: Sequence[CreateVip],
        owners: Sequence[str],
        subnets: Mapping[str, SubnetInfo],
        work: UnitOfWork | None = None,
        *,
        attempt: int = 0,
    ) -> list[Place]:
        return [
            Place(
                subnets[item.subnet_id],
                self.ipam.reserve_address(
                    item.subnet_id,
                    _address(item),
                    owner,
                    caller.project_for(item.tenant_id),
                    work,
                    attempt=attempt,
                ),
            )
            for item, owner in zip(items, owners, strict=True)
        ]

    def _named(self, work: UnitOfWork, caller: Caller, items: Sequence[CreateVip]) -> Named:
        pools = hold_all_along(work.pools, (item.pool_id for item in items))
        names = dict.fromkeys(item.service_type for item in items)
        types = {name: self._types.held_along(work, name) for name in names}
        return Named(
            pools=pools,
            types=lambda: {name: ask() for name, ask in types.items()},
            subnets=self._subnets(caller, items, work if self.ipam.in_store else None),
        )

    def _subnets(
        self, caller: Caller, items: Sequence[CreateVip], work: UnitOfWork | None = None
    ) -> Subnets:
        return usable_subnets(self.ipam, caller, (item.subnet_id for item in items), work)

    def _give_back(self, owners: Sequence[str]) -> None:
        """Release what was reserved apart from the store. Where that fails, housekeeping does
        so later."""
        if not self.ipam.in_store:
            with suppress(StoreFailure, WiringFailure):
                give_back(self.store, self.ipam, owners)

    def _add(
        self,
        work: UnitOfWork,
        caller: Caller,
        new: NewVip,
    ) -> VipView:
        item, subnet, reservation = new.item, new.place.subnet, new.place.reservation
        identity, project_id = reservation.owner, caller.project_for(item.tenant_id)
        now = self.clock.now()
        service = Service(
            id=identity,
            kind=ServiceKind.LOADBALANCER,
            project_id=project_id,
            service_type_id=new.service_type_id,
            due_at=now,
            changed_at=now,
            traceparent=caller.traceparent,
        )
        listener = Listener(
            id=self.ids.new_id(),
            load_balancer_id=identity,
            protocol=item.protocol,
            protocol_port=item.protocol_port,
            connection_limit=rules.connection_limit(item.connection_limit),
            default_pool_id=item.pool_id,
            session_persistence=item.session_persistence,
        )
        balancer = LoadBalancer(
            id=identity,
            project_id=project_id,
            name=item.name,
            description=item.description,
            vip_network_id=subnet.network_id,
            vip_subnet_id=subnet.id,
            vip_cidr=subnet.cidr,
            vip_address=reservation.address,
            vip_port_id=reservation.id,
            admin_state_up=item.admin_state_up,
            listeners=(listener,),
        )
        work.services.add(service)
        work.load_balancers.add(balancer)
        work.pools.save(replace(new.pool, stamp=stamp_of(service)))
        return vip_view(balancer, service)


def _check(item: CreateVip) -> None:
    check_texts(item.name, item.description)
    if item.service_type is not None:
        check_text("service_type", item.service_type)
    if item.address is not None:
        canonical_address("address", item.address)
    rules.check_port(item.protocol_port)
    rules.connection_limit(item.connection_limit)
    rules.check_persistence(item.protocol, item.session_persistence)


def _address(item: CreateVip) -> str | None:
    return None if item.address is None else canonical_address("address", item.address)


def _check_pool(pools: Mapping[str, Pool], caller: Caller, item: CreateVip) -> None:
    pool = usable_pool(pools, caller, item.pool_id, caller.project_for(item.tenant_id))
    check_protocol(pool, item.protocol)
