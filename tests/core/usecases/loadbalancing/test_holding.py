"""Tenants' units run beside all others, so they hold what they change, in the one order."""

import pytest

from adapters.network.loopback import LoopbackSubnetPolicy, LoopbackWirer
from core.domain.errors import InUse
from core.domain.loadbalancer.model import Method
from core.ports.store import StoreConflict
from core.usecases.loadbalancing.changes import Changes
from core.usecases.loadbalancing.types import (
    CreateMember,
    CreateVip,
    Protocol,
    UpdateHealthMonitor,
    UpdateMember,
    UpdatePool,
    UpdateVip,
)
from core.usecases.networks.networks import Networks
from core.usecases.networks.subnets import Subnets
from core.usecases.networks.types import CreateNetwork, CreateSubnet, UpdateNetwork, UpdateSubnet
from tests.core.usecases.loadbalancing.watched import WatchedStore
from tests.core.usecases.loadbalancing.world import ALICE, World


@pytest.fixture
def store() -> WatchedStore:
    return WatchedStore()


@pytest.fixture
def world(store) -> World:
    """Two VIPs with pools of two members each that one monitor checks; from now on, watched."""
    world = World(store=store)
    networks = Networks(store=store, ids=world.ids)
    subnets = Subnets(store=store, ids=world.ids, policy=LoopbackSubnetPolicy())
    network = networks.create(ALICE, [CreateNetwork(name="a", shared=False)])[0]
    front = subnets.create(ALICE, [CreateSubnet(network_id=network.id, cidr="127.7.0.0/24")])[0]
    world.networks, world.subnets, world.front = networks, subnets, front
    world.use_wirer(LoopbackWirer(store, world.clock, world.ids))
    world.one, world.two = (world.pool(subnet_id=front.id) for _ in range(2))
    world.check = world.monitor()
    for pool in (world.one, world.two):
        world.pools.associate_monitor(ALICE, pool.id, world.check.id)
    # The younger pool has the older service, so neither order follows from the other.
    world.v2, world.v1 = (
        world.vip(subnet_id=front.id, pool_id=each.id) for each in (world.two, world.one)
    )
    store.strict = True
    return world


def revisions(world: World) -> list[int]:
    return [world.service(vip.id).desired_revision for vip in (world.v1, world.v2)]


def test_nothing_of_a_tenant_is_a_unit_of_the_fleet(world, store):
    pool = world.pool(subnet_id=world.front.id, health_monitors=(world.check.id,))
    vip = world.vip(subnet_id=world.front.id, pool_id=pool.id)
    member = world.member(pool.id)
    world.members.update(ALICE, member.id, UpdateMember(weight=3))
    world.members.delete(ALICE, member.id)
    world.vips.update(ALICE, vip.id, UpdateVip(name="new", connection_limit=5))
    world.vips.delete(ALICE, vip.id)
    world.pools.delete(ALICE, pool.id)
    unused = world.monitor()
    world.monitors.update(ALICE, unused.id, UpdateHealthMonitor(delay=9))
    world.monitors.delete(ALICE, unused.id)
    assert store.fleet == 0


def test_several_vips_at_once_hold_their_pools_first(world):
    pools = [world.pool(subnet_id=world.front.id) for _ in range(3)]
    common = {"subnet_id": world.front.id, "protocol": Protocol.HTTP, "protocol_port": 80}
    wanted = [CreateVip(pool_id=pool.id, **common) for pool in reversed(pools)]
    assert len(world.vips.create(ALICE, wanted)) == 3


def test_members_of_several_pools_raise_their_services_in_order(world):
    before = revisions(world)
    wanted = [
        CreateMember(pool_id=pool.id, address="127.2.0.1", protocol_port=port)
        for port in (80, 81)
        for pool in (world.two, world.one)
    ]
    world.members.create(ALICE, wanted)
    assert revisions(world) == [each + 1 for each in before]


def test_a_member_that_moves_raises_both_services(world):
    for source, target in ((world.one, world.two), (world.two, world.one)):
        member = world.member(source.id, address=f"127.2.0.{ord(source.id[-1])}")
        before = revisions(world)
        world.members.update(ALICE, member.id, UpdateMember(pool_id=target.id))
        assert revisions(world) == [each + 1 for each in before]


def test_a_changed_monitor_raises_the_services_of_all_its_pools(world):
    before = revisions(world)
    world.monitors.update(ALICE, world.check.id, UpdateHealthMonitor(delay=30))
    assert revisions(world) == [each + 1 for each in before]


def test_monitors_are_exchanged_and_the_pool_changed_at_once(world):
    before = revisions(world)
    more = [world.monitor().id for _ in range(3)]
    change = UpdatePool(health_monitors=tuple(reversed(more)), lb_method=Method.SOURCE_IP)
    assert set(world.pools.update(ALICE, world.one.id, change).health_monitors) == set(more)
    assert revisions(world) == [before[0] + 1, before[1]]


def test_a_vip_takes_another_pool(world):
    spare = world.pool(subnet_id=world.front.id)
    world.vips.update(ALICE, world.v1.id, UpdateVip(pool_id=spare.id))
    world.vips.update(ALICE, world.v2.id, UpdateVip(pool_id=world.one.id))
    assert world.pools.show(ALICE, world.two.id).vip_id is None


def test_what_is_let_go_of_is_held_from_the_load_balancer_on(world):
    world.vips.delete(ALICE, world.v1.id)
    with world.store.write() as work:
        world.kind.forget(work, work.services.get(world.v1.id))
        work.commit()
    assert world.service(world.v1.id) is None


def test_who_takes_a_subnet_away_holds_it(world):
    world.subnets.update(ALICE, world.front.id, UpdateSubnet(name="new"))
    with pytest.raises(InUse):
        world.subnets.delete(ALICE, world.front.id)
    with pytest.raises(InUse):
        world.networks.delete(ALICE, world.front.network_id)
    world.networks.update(ALICE, world.front.network_id, UpdateNetwork(name="new"))


def test_a_service_that_was_let_go_of_meanwhile_is_a_conflict(world):
    with world.store.write(fleet=False) as work:
        service = work.services.hold(world.v1.id)
        work.services.save(service.to_be_deleted(0.0))
        with pytest.raises(StoreConflict):
            Changes(work, 0.0).of_pools([world.one.id])
