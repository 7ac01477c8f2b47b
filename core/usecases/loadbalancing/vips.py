"""VIPs: each is a load balancer with one listener, and the service that is placed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from core.domain.errors import AlreadyExists, NotFound, ProtocolMismatch, StateInvalid
from core.domain.lifecycle import Status
from core.domain.loadbalancer import rules
from core.domain.loadbalancer.model import Listener, LoadBalancer, Pool
from core.domain.network import Reservation, SubnetInfo
from core.domain.query import Query
from core.domain.service import Service, ServiceKind, Stamp
from core.domain.validation import canonical_address, check_text
from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.ports.id_source import IdSource
from core.ports.network_wirer import NetworkWirer
from core.ports.repository import Duplicate
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.listing import Listing, own_scope
from core.usecases.loadbalancing.addresses import give_back
from core.usecases.loadbalancing.changes import Changes, user_of
from core.usecases.loadbalancing.references import service_type, usable_pool, usable_subnet
from core.usecases.loadbalancing.types import CreateVip, UpdateVip, VipView
from core.usecases.loadbalancing.views import vip_view, vip_views
from core.usecases.lookup import owned
from core.usecases.resource import UNCHANGED

LISTING = Listing(
    VipView,
    {
        "id": "id",
        "tenant_id": "project_id",
        "project_id": "project_id",
        "name": "name",
        "description": "description",
        "subnet_id": "vip_subnet_id",
        "address": "vip_address",
        "port_id": "vip_port_id",
        "admin_state_up": "admin_state_up",
        "protocol": "listener.protocol",
        "protocol_port": "listener.protocol_port",
        "pool_id": "listener.default_pool_id",
    },
)


class Vips:
    """What tenants do with VIPs. A change is stored and the conductor deploys it later."""

    def __init__(
        self,
        *,
        store: Store,
        wirer: NetworkWirer,
        clock: Clock,
        ids: IdSource,
        doorbell: Doorbell,
    ) -> None:
        self._store = store
        self._wirer = wirer
        self._clock = clock
        self._ids = ids
        self._doorbell = doorbell

    def create(self, caller: Caller, items: Sequence[CreateVip]) -> list[VipView]:
        """Reserve the addresses, then store all VIPs in one transaction."""
        for item in items:
            _check(item)
        subnets = [usable_subnet(self._wirer, caller, item.subnet_id) for item in items]
        owners = [self._ids.new_id() for _ in items]
        try:
            reserved = [self._reserve(*pair) for pair in zip(items, owners, strict=True)]
            with self._store.write() as work:
                views = [
                    self._add(work, caller, item, subnet, reservation)
                    for item, subnet, reservation in zip(items, subnets, reserved, strict=True)
                ]
                work.commit()
        except BaseException:
            give_back(self._store, self._wirer, owners)
            raise
        self._doorbell.ring()
        return views

    def show(self, caller: Caller, identity: str) -> VipView:
        """One VIP."""
        with self._store.read() as work:
            return vip_views(work, [owned(work.load_balancers, caller, "Vip", identity)])[0]

    def list(self, caller: Caller, query: Query) -> list[VipView]:
        """The VIPs that match."""
        with self._store.read() as work:
            return LISTING.find(
                work.load_balancers, query, lambda rows: vip_views(work, rows), own_scope(caller)
            )

    def update(self, caller: Caller, identity: str, change: UpdateVip) -> VipView:
        """Change a VIP in any state but that of deletion: the newest wish counts."""
        _check_texts(change.name, change.description)
        with self._store.write() as work:
            balancer = owned(work.load_balancers, caller, "Vip", identity)
            service = _service(work, identity)
            if service.deleting:
                raise StateInvalid("Vip", identity, Status.PENDING_DELETE)
            changes = Changes(work, self._clock.now())
            wanted = self._changed(work, caller, balancer, change)
            if _deployable(wanted) != _deployable(balancer):
                service = changes.of_service(identity)
                _stamp_new_pool(work, balancer, wanted, service)
            with _one_vip_per_pool(wanted):
                work.load_balancers.save(wanted)
            work.commit()
        if changes.services:
            self._doorbell.ring()
        return vip_view(wanted, service)

    def delete(self, caller: Caller, identity: str) -> None:
        """Mark a VIP for deletion and set its pool free. Possible in every state, and again."""
        with self._store.write() as work:
            balancer = owned(work.load_balancers, caller, "Vip", identity)
            work.services.save(_service(work, identity).to_be_deleted(self._clock.now()))
            detached = tuple(replace(each, default_pool_id=None) for each in balancer.listeners)
            work.load_balancers.save(replace(balancer, listeners=detached))
            work.commit()
        self._doorbell.ring()

    def _reserve(self, item: CreateVip, owner: str) -> Reservation:
        address = item.address
        if address is not None:
            address = canonical_address("address", address)
        return self._wirer.reserve_address(item.subnet_id, address, owner)

    def _add(
        self,
        work: UnitOfWork,
        caller: Caller,
        item: CreateVip,
        subnet: SubnetInfo,
        reservation: Reservation,
    ) -> VipView:
        identity, project_id = reservation.owner, caller.project_for(item.tenant_id)
        pool = _free_pool(work, caller, item.pool_id, project_id, item.protocol)
        service = Service(
            id=identity,
            kind=ServiceKind.LOADBALANCER,
            project_id=project_id,
            service_type_id=service_type(work, item.service_type).id,
            due_at=self._clock.now(),
        )
        listener = Listener(
            id=self._ids.new_id(),
            load_balancer_id=identity,
            protocol=item.protocol,
            protocol_port=item.protocol_port,
            connection_limit=rules.connection_limit(item.connection_limit),
            default_pool_id=pool.id,
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
        with _one_vip_per_pool(balancer):
            work.load_balancers.add(balancer)
        work.pools.save(replace(pool, stamp=_stamp(service)))
        return vip_view(balancer, service)

    def _changed(
        self, work: UnitOfWork, caller: Caller, balancer: LoadBalancer, change: UpdateVip
    ) -> LoadBalancer:
        (listener,) = balancer.listeners
        if change.pool_id is not None and change.pool_id != listener.default_pool_id:
            pool = _free_pool(work, caller, change.pool_id, balancer.project_id, listener.protocol)
            listener = replace(listener, default_pool_id=pool.id)
        if change.session_persistence is not UNCHANGED:
            rules.check_persistence(listener.protocol, change.session_persistence)
            listener = replace(listener, session_persistence=change.session_persistence)
        if change.connection_limit is not None:
            limit = rules.connection_limit(change.connection_limit)
            listener = replace(listener, connection_limit=limit)
        up = change.admin_state_up
        return replace(
            balancer,
            name=balancer.name if change.name is None else change.name,
            description=balancer.description if change.description is None else change.description,
            admin_state_up=balancer.admin_state_up if up is None else up,
            listeners=(listener,),
        )


def _check(item: CreateVip) -> None:
    _check_texts(item.name, item.description)
    if item.service_type is not None:
        check_text("service_type", item.service_type)
    if item.address is not None:
        canonical_address("address", item.address)
    rules.check_port(item.protocol_port)
    rules.connection_limit(item.connection_limit)
    rules.check_persistence(item.protocol, item.session_persistence)


def _check_texts(name: str | None, description: str | None) -> None:
    check_text("name", name or "")
    check_text("description", description or "")


def _free_pool(
    work: UnitOfWork, caller: Caller, pool_id: str, project_id: str, protocol: str
) -> Pool:
    pool = usable_pool(work, caller, pool_id, project_id)
    if pool.protocol != protocol:
        raise ProtocolMismatch(
            "protocol", f"the VIP's is {protocol} and that of pool {pool_id} is {pool.protocol}"
        )
    user = user_of(work, pool_id)
    if user is not None:
        raise AlreadyExists("Vip", f"pool {pool_id} is used by VIP {user.id}")
    return pool


def _service(work: UnitOfWork, identity: str) -> Service:
    service = work.services.get(identity)
    if service is None:
        raise NotFound("Vip", identity)
    return service


def _deployable(balancer: LoadBalancer) -> tuple[object, ...]:
    """What a device would have to do differently if it changed."""
    return balancer.admin_state_up, balancer.listeners


def _stamp(service: Service) -> Stamp:
    return Stamp(service.id, service.desired_revision, created=False)


def _stamp_new_pool(
    work: UnitOfWork, before: LoadBalancer, after: LoadBalancer, service: Service
) -> None:
    known = {each.default_pool_id for each in before.listeners}
    for listener in after.listeners:
        if listener.default_pool_id is not None and listener.default_pool_id not in known:
            pool = work.pools.get(listener.default_pool_id)
            if pool is not None:
                work.pools.save(replace(pool, stamp=_stamp(service)))


@contextmanager
def _one_vip_per_pool(balancer: LoadBalancer) -> Iterator[None]:
    """Tells a lost race for a pool in the tenant's words."""
    try:
        yield
    except Duplicate as duplicate:
        pools = ", ".join(str(each.default_pool_id) for each in balancer.listeners)
        raise AlreadyExists("Vip", f"pool {pools} is used by another VIP") from duplicate
