"""Members of pools."""

from collections.abc import Sequence
from dataclasses import replace

from core.domain.errors import AlreadyExists, InvalidInput
from core.domain.loadbalancer import rules
from core.domain.loadbalancer.model import Member, Pool
from core.domain.query import Query
from core.domain.validation import canonical_address, check_range
from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.ports.id_source import IdSource
from core.ports.ipam import Ipam
from core.ports.repository import Duplicate
from core.ports.store import Store, StoreConflict
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller
from core.usecases.listing import Listing, own_scope
from core.usecases.loadbalancing.changes import Changes
from core.usecases.loadbalancing.references import usable_pool
from core.usecases.loadbalancing.types import CreateMember, MemberView, UpdateMember
from core.usecases.loadbalancing.views import member_views
from core.usecases.lookup import held, hold_all, owned

LISTING = Listing(
    MemberView,
    {
        "id": "id",
        "tenant_id": "project_id",
        "project_id": "project_id",
        "pool_id": "pool_id",
        "address": "address",
        "protocol_port": "protocol_port",
        "weight": "weight",
        "admin_state_up": "admin_state_up",
    },
)

MAX_WEIGHT = 256


class Members:
    """What tenants do with members. A change counts as one of the VIP that uses the pool."""

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

    def create(self, caller: Caller, items: Sequence[CreateMember]) -> list[MemberView]:
        """Store all members; each VIP that gets new ones changes once."""
        for item in items:
            canonical_address("address", item.address)
            rules.check_port(item.protocol_port)
            check_range("weight", item.weight, 0, MAX_WEIGHT)
        self._check_reach(
            caller, [(item.pool_id, item.address, item.protocol_port) for item in items]
        )
        with self._store.write(fleet=False) as work:
            pools = hold_all(work.pools, (item.pool_id for item in items))
            for item in items:
                usable_pool(pools, caller, item.pool_id, caller.project_for(item.tenant_id))
            changes = self._changes(work, caller)
            changes.of_pools(pools)
            members = [self._add(work, caller, item, changes) for item in items]
            views = member_views(work, members)
            work.commit()
        self._ring(changes)
        return views

    def show(self, caller: Caller, identity: str) -> MemberView:
        """One member."""
        with self._store.read() as work:
            return member_views(work, [owned(work.members, caller, "Member", identity)])[0]

    def list(self, caller: Caller, query: Query) -> list[MemberView]:
        """The members that match."""
        with self._store.read() as work:
            return LISTING.find(
                work.members, query, lambda rows: member_views(work, rows), own_scope(caller)
            )

    def update(self, caller: Caller, identity: str, change: UpdateMember) -> MemberView:
        """Change a member, or move it to another pool, whatever state the VIPs are in."""
        if change.weight is not None:
            check_range("weight", change.weight, 0, MAX_WEIGHT)
        if change.pool_id is not None:
            now = self.show(caller, identity)
            self._check_reach(caller, [(change.pool_id, now.address, now.protocol_port)])
        with self._store.write(fleet=False) as work:
            member, pools = _held(work, caller, identity, change.pool_id)
            changes = self._changes(work, caller)
            wanted = _changed(member, change)
            if wanted.pool_id != member.pool_id:
                usable_pool(pools, caller, wanted.pool_id, member.project_id)
            if wanted != member:
                changes.of_pools({member.pool_id, wanted.pool_id})
                wanted = replace(wanted, stamp=changes.of_pool(wanted.pool_id))
                try:
                    work.members.save(wanted)
                except Duplicate as duplicate:
                    raise _exists(wanted) from duplicate
            view = member_views(work, [wanted])[0]
            work.commit()
        self._ring(changes)
        return view

    def delete(self, caller: Caller, identity: str) -> None:
        """Delete a member."""
        with self._store.write(fleet=False) as work:
            member, _ = _held(work, caller, identity)
            changes = self._changes(work, caller)
            changes.of_pool(member.pool_id)
            work.members.remove(identity)
            work.commit()
        self._ring(changes)

    def _check_reach(self, caller: Caller, wanted: Sequence[tuple[str, str, int]]) -> None:
        """Ask the network side whether each pool can reach its address and port."""
        with self._store.read() as work:
            pools = {
                pool_id: owned(work.pools, caller, "Pool", pool_id)
                for pool_id in dict.fromkeys(pool_id for pool_id, _, _ in wanted)
            }
        subnets = {pool_id: self._ipam.subnet(pool.subnet_id) for pool_id, pool in pools.items()}
        for pool_id, address, port in wanted:
            subnet = subnets[pool_id]
            if subnet is None:
                raise InvalidInput("pool_id", f"the subnet of pool {pool_id} is gone")
            refusal = self._ipam.check_member(subnet, address, port)
            if refusal is not None:
                raise InvalidInput("address", refusal)

    def _add(
        self, work: UnitOfWork, caller: Caller, item: CreateMember, changes: Changes
    ) -> Member:
        member = Member(
            id=self._ids.new_id(),
            project_id=caller.project_for(item.tenant_id),
            pool_id=item.pool_id,
            address=canonical_address("address", item.address),
            protocol_port=item.protocol_port,
            weight=item.weight,
            admin_state_up=item.admin_state_up,
            stamp=changes.of_pool(item.pool_id, created=True),
        )
        try:
            work.members.add(member)
        except Duplicate as duplicate:
            raise _exists(member) from duplicate
        return member

    def _changes(self, work: UnitOfWork, caller: Caller) -> Changes:
        return Changes(work, self._clock.now(), caller.traceparent)

    def _ring(self, changes: Changes) -> None:
        if changes.services:
            self._doorbell.ring()


def _held(
    work: UnitOfWork, caller: Caller, identity: str, target: str | None = None
) -> tuple[Member, dict[str, Pool]]:
    """The member with its pool and the one that it moves to, all held; the pools come first."""
    seen = owned(work.members, caller, "Member", identity)
    pools = hold_all(work.pools, [seen.pool_id, target or seen.pool_id])
    member = held(work.members, caller, "Member", identity)
    if member.pool_id != seen.pool_id:
        raise StoreConflict(f"member {identity} was moved meanwhile")
    return member, pools


def _changed(member: Member, change: UpdateMember) -> Member:
    up = change.admin_state_up
    return replace(
        member,
        pool_id=member.pool_id if change.pool_id is None else change.pool_id,
        weight=member.weight if change.weight is None else change.weight,
        admin_state_up=member.admin_state_up if up is None else up,
    )


def _exists(member: Member) -> AlreadyExists:
    return AlreadyExists(
        "Member", f"{member.address} port {member.protocol_port} in pool {member.pool_id}"
    )
