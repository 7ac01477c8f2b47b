"""VIPs: each is a load balancer with one listener, and the service that is placed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.domain.errors import NotFound, StateInvalid
from core.domain.lifecycle import Status
from core.domain.loadbalancer import rules
from core.domain.loadbalancer.model import LoadBalancer, Pool
from core.domain.query import Query, Sort
from core.domain.service import Service
from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.ports.id_source import IdSource
from core.ports.ipam import Ipam
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.listing import Filters, Listing, own_scope
from core.usecases.loadbalancing.references import (
    usable_pool,
)
from core.usecases.loadbalancing.types import CreateVip, UpdateVip, VipView
from core.usecases.loadbalancing.views import vip_view, vip_views
from core.usecases.loadbalancing.vip_creation import VipCreation
from core.usecases.loadbalancing.vip_rules import (
    check_protocol,
    check_texts,
    one_vip_per_pool,
    stamp_of,
)
from core.usecases.lookup import CHUNK, held, hold_all, owned
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
        ipam: Ipam,
        clock: Clock,
        ids: IdSource,
        doorbell: Doorbell,
    ) -> None:
        self._store = store
        self._clock = clock
        self._creation = VipCreation(store=store, ipam=ipam, clock=clock, ids=ids)
        self._doorbell = doorbell

    def create(self, caller: Caller, items: Sequence[CreateVip]) -> list[VipView]:
        """Store all VIPs in one transaction."""
        views = self._creation(caller, items)
        self._doorbell.ring()
        return views

    def show(self, caller: Caller, identity: str) -> VipView:
        """One VIP."""
        with self._store.read() as work:
            service = work.services.along.get(identity)
            balancer = owned(work.load_balancers, caller, "Vip", identity)
            return vip_view(balancer, _present(identity, service()))

    def list(self, caller: Caller, query: Query) -> list[VipView]:
        """The VIPs that match."""
        scopes = own_scope(caller)
        with self._store.read() as work:
            if "status" in query.filters:
                query, scopes = _by_service(work, query, scopes)
            return LISTING.find(
                work.load_balancers, query, lambda rows: vip_views(work, rows), scopes
            )

    def update(self, caller: Caller, identity: str, change: UpdateVip) -> VipView:
        """Change a VIP in any state but that of deletion: the newest wish counts."""
        check_texts(change.name, change.description)
        with self._store.write(fleet=False) as work:
            balancer = held(work.load_balancers, caller, "Vip", identity)
            pools = _held_pools(work, balancer, change.pool_id)
            before = service = _held_service(work, identity)
            if service.deleting:
                raise StateInvalid("Vip", identity, Status.PENDING_DELETE)
            wanted = _changed(caller, balancer, change, pools)
            if _deployable(wanted) != _deployable(balancer):
                service = service.changed(self._clock.now(), caller.traceparent)
                work.services.save(service)
                _stamp_new_pool(work, balancer, wanted, service, pools)
            with one_vip_per_pool(work, wanted):
                work.load_balancers.save(wanted)
            work.commit()
        if service is not before:
            self._doorbell.ring()
        return vip_view(wanted, service)

    def delete(self, caller: Caller, identity: str) -> None:
        """Mark a VIP for deletion and set its pool free. Possible in every state, and again."""
        with self._store.write(fleet=False) as work:
            balancer = held(work.load_balancers, caller, "Vip", identity)
            _held_pools(work, balancer)
            service = _held_service(work, identity)
            work.services.save(service.to_be_deleted(self._clock.now(), caller.traceparent))
            detached = tuple(replace(each, default_pool_id=None) for each in balancer.listeners)
            work.load_balancers.save(replace(balancer, listeners=detached))
            work.commit()
        self._doorbell.ring()


def _by_service(
    work: UnitOfWork, query: Query, scopes: Sequence[Filters]
) -> tuple[Query, Sequence[Filters]]:
    """The query without its filter of the status, which is the service's, and scopes that do
    the same: the few services in a status are found at once. When there are many of which not
    just the first are wanted, nothing is changed, and the statuses of all VIPs are looked at."""
    narrowed = []
    limit = _first_wanted(query)
    for scope in scopes:
        wanted = {**scope, "status": query.filters["status"]}
        services = work.services.find(Query(filters=wanted, limit=limit or CHUNK + 1))
        if len(services) > CHUNK:
            return query, scopes
        narrowed.append({**scope, "id": tuple(each.id for each in services)})
    others = {name: accepted for name, accepted in query.filters.items() if name != "status"}
    return replace(query, filters=others), narrowed


def _first_wanted(query: Query) -> int | None:
    """How many services a query needs that asks only for the first in a status."""
    begins = query.order == (Sort("id"),) and query.marker is None and not query.reverse
    small = query.limit is not None and query.limit <= CHUNK
    return query.limit if begins and small and query.filters.keys() == {"status"} else None


def _held_pools(
    work: UnitOfWork, balancer: LoadBalancer, more: str | None = None
) -> dict[str, Pool]:
    """The pools that a load balancer uses, and one more."""
    named = [listener.default_pool_id for listener in balancer.listeners]
    return hold_all(work.pools, [each for each in (*named, more) if each is not None])


def _held_service(work: UnitOfWork, identity: str) -> Service:
    return _present(identity, work.services.hold(identity))


def _present(identity: str, service: Service | None) -> Service:
    if service is None:
        raise NotFound("Vip", identity)
    return service


def _changed(
    caller: Caller, balancer: LoadBalancer, change: UpdateVip, pools: Mapping[str, Pool]
) -> LoadBalancer:
    (listener,) = balancer.listeners
    if change.pool_id is not None and change.pool_id != listener.default_pool_id:
        pool = usable_pool(pools, caller, change.pool_id, balancer.project_id)
        check_protocol(pool, listener.protocol)
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


def _deployable(balancer: LoadBalancer) -> tuple[object, ...]:
    """What a device would have to do differently if it changed."""
    return balancer.admin_state_up, balancer.listeners


def _stamp_new_pool(
    work: UnitOfWork,
    before: LoadBalancer,
    after: LoadBalancer,
    service: Service,
    pools: Mapping[str, Pool],
) -> None:
    known = {each.default_pool_id for each in before.listeners}
    for listener in after.listeners:
        if listener.default_pool_id is not None and listener.default_pool_id not in known:
            work.pools.save(replace(pools[listener.default_pool_id], stamp=stamp_of(service)))
