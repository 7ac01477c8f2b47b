"""Pools, their use of health monitors, and their statistics."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.errors import InUse, InvalidInput
from core.domain.loadbalancer.model import Pool
from core.domain.loadbalancer.observation import PoolStatistics
from core.domain.network import SubnetInfo
from core.domain.query import Query
from core.domain.validation import check_text
from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.ports.id_source import IdSource
from core.ports.ipam import Ipam
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.listing import Listing, own_scope
from core.usecases.loadbalancing.associations import Associations
from core.usecases.loadbalancing.changes import Changes, user_of
from core.usecases.loadbalancing.references import usable_subnets
from core.usecases.loadbalancing.statistics import statistics_of
from core.usecases.loadbalancing.types import AssociationView, CreatePool, PoolView, UpdatePool
from core.usecases.loadbalancing.views import PROVIDER, association_view, pool_views
from core.usecases.lookup import held, owned, related

LISTING = Listing(
    PoolView,
    {
        "id": "id",
        "tenant_id": "project_id",
        "project_id": "project_id",
        "name": "name",
        "description": "description",
        "subnet_id": "subnet_id",
        "protocol": "protocol",
        "lb_method": "method",
        "admin_state_up": "admin_state_up",
    },
)


class Pools:
    """What tenants do with pools. A change counts as one of the VIP that uses the pool."""

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
        self._ipam = ipam
        self._clock = clock
        self._ids = ids
        self._doorbell = doorbell

    def create(self, caller: Caller, items: Sequence[CreatePool]) -> list[PoolView]:
        """Store all pools; nothing uses them yet, so there is nothing to deploy."""
        for item in items:
            _check(item)
        with self._store.write(fleet=False) as work:
            subnets = self._subnets(work, caller, items)
            pools = [self._add(work, caller, item, subnets[item.subnet_id]) for item in items]
            views = pool_views(work, pools)
            work.commit()
        return views

    def show(self, caller: Caller, identity: str) -> PoolView:
        """One pool."""
        with self._store.read() as work:
            return pool_views(work, [owned(work.pools, caller, "Pool", identity)])[0]

    def list(self, caller: Caller, query: Query) -> list[PoolView]:
        """The pools that match."""
        with self._store.read() as work:
            return LISTING.find(
                work.pools, query, lambda rows: pool_views(work, rows), own_scope(caller)
            )

    def update(self, caller: Caller, identity: str, change: UpdatePool) -> PoolView:
        """Change a pool, whatever state its VIP is in."""
        check_text("name", change.name or "")
        check_text("description", change.description or "")
        with self._store.write(fleet=False) as work:
            pool = held(work.pools, caller, "Pool", identity)
            changes = self._changes(work, caller)
            wanted = _changed(pool, change)
            if change.health_monitors is not None:
                self._associations(work, changes).replace(caller, wanted, change.health_monitors)
            if (wanted.method, wanted.admin_state_up) != (pool.method, pool.admin_state_up):
                wanted = replace(wanted, stamp=changes.of_pool(identity))
            work.pools.save(wanted)
            view = pool_views(work, [wanted])[0]
            work.commit()
        self._ring(changes)
        return view

    def delete(self, caller: Caller, identity: str) -> None:
        """Delete a pool that no VIP uses, with its members and associations."""
        with self._store.write(fleet=False) as work:
            held(work.pools, caller, "Pool", identity)
            of_it = "pool_id", [identity]
            user = user_of(work, identity)
            if user is not None:
                raise InUse("Pool", identity, [f"VIP {user.id}"])
            work.members.remove(*(each.id for each in related(work.members, *of_it)))
            work.pool_monitors.remove(*(each.id for each in related(work.pool_monitors, *of_it)))
            work.pools.remove(identity)
            work.commit()

    def associate_monitor(self, caller: Caller, pool_id: str, monitor_id: str) -> Sequence[str]:
        """Have a pool's members checked by a health monitor; the ids of all the pool's monitors.

        Raises AlreadyExists when they are checked by it already.
        """
        with self._store.write(fleet=False) as work:
            pool = held(work.pools, caller, "Pool", pool_id)
            changes = self._changes(work, caller)
            associations = self._associations(work, changes)
            associations.add(caller, pool, monitor_id)
            monitor_ids = associations.monitor_ids(pool_id)
            work.commit()
        self._ring(changes)
        return monitor_ids

    def disassociate_monitor(self, caller: Caller, pool_id: str, monitor_id: str) -> None:
        """Undo `associate_monitor`. Raises NotFound when they are not associated."""
        with self._store.write(fleet=False) as work:
            pool = held(work.pools, caller, "Pool", pool_id)
            changes = self._changes(work, caller)
            self._associations(work, changes).remove(pool, monitor_id)
            work.commit()
        self._ring(changes)

    def show_association(self, caller: Caller, pool_id: str, monitor_id: str) -> AssociationView:
        """How a health monitor is deployed with a pool."""
        with self._store.read() as work:
            pool = owned(work.pools, caller, "Pool", pool_id)
            associations = self._associations(work, self._changes(work, caller))
            return association_view(work, associations.get(pool, monitor_id))

    def statistics(self, caller: Caller, pool_id: str) -> PoolStatistics:
        """What was measured of a pool; zeros when nothing was."""
        with self._store.read() as work:
            owned(work.pools, caller, "Pool", pool_id)
            return statistics_of(work, pool_id)

    def _add(self, work: UnitOfWork, caller: Caller, item: CreatePool, subnet: SubnetInfo) -> Pool:
        pool = Pool(
            id=self._ids.new_id(),
            project_id=caller.project_for(item.tenant_id),
            name=item.name,
            description=item.description,
            network_id=subnet.network_id,
            subnet_id=subnet.id,
            cidr=subnet.cidr,
            protocol=item.protocol,
            method=item.lb_method,
            admin_state_up=item.admin_state_up,
        )
        work.pools.add(pool)
        changes = self._changes(work, caller)
        self._associations(work, changes).begin(caller, pool, item.health_monitors)
        return pool

    def _subnets(
        self, work: UnitOfWork, caller: Caller, items: Sequence[CreatePool]
    ) -> dict[str, SubnetInfo]:
        return usable_subnets(self._ipam, caller, (item.subnet_id for item in items), work)()

    def _changes(self, work: UnitOfWork, caller: Caller) -> Changes:
        return Changes(work, self._clock.now(), caller.traceparent)

    def _associations(self, work: UnitOfWork, changes: Changes) -> Associations:
        return Associations(work, changes, self._ids)

    def _ring(self, changes: Changes) -> None:
        if changes.services:
            self._doorbell.ring()


def _check(item: CreatePool) -> None:
    check_text("name", item.name)
    check_text("description", item.description)
    if item.provider not in (None, PROVIDER):
        raise InvalidInput(
            "provider", f"only {PROVIDER} is offered; the VIP's service_type chooses the device"
        )


def _changed(pool: Pool, change: UpdatePool) -> Pool:
    up = change.admin_state_up
    return replace(
        pool,
        name=pool.name if change.name is None else change.name,
        description=pool.description if change.description is None else change.description,
        method=pool.method if change.lb_method is None else change.lb_method,
        admin_state_up=pool.admin_state_up if up is None else up,
    )
