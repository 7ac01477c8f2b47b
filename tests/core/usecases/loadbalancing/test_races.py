"""Tenants, operators and the conductor meet on real databases, and nobody's change gets lost."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.network.loopback import LoopbackSubnetPolicy, LoopbackWirer
from adapters.persistence.sql import open_sql_store
from adapters.system import UuidSource
from core.domain.errors import PierheadError
from core.domain.query import Query
from core.domain.service_type import ServiceType
from core.ports.store import StoreConflict
from core.usecases.fleet.service_types import ServiceTypes
from core.usecases.loadbalancing.types import UpdateHealthMonitor, UpdateMember
from core.usecases.networks.networks import Networks
from core.usecases.networks.subnets import Subnets
from core.usecases.networks.types import CreateNetwork, CreateSubnet
from tests.core.usecases.loadbalancing.world import ADMIN, ALICE, World
from tests.servers.fixtures import SERVERS

ROUNDS = 6
ATTEMPTS = 50


@pytest.fixture(params=SERVERS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    store = open_sql_store(request.getfixturevalue(f"{request.param}_url"))
    world = World(store=store, ids=UuidSource())
    world.networks = Networks(store=store, ids=world.ids)
    world.subnets = Subnets(store=store, ids=world.ids, policy=LoopbackSubnetPolicy())
    parts = {"store": store, "clock": world.clock, "ids": world.ids, "doorbell": world.doorbell}
    world.types = ServiceTypes(**parts, drivers={}, scores=())
    world.use_wirer(LoopbackWirer(store, world.clock, world.ids))
    world.front = subnet(world, 7)
    yield world
    store.close()


def subnet(world: World, number: int) -> str:
    network = world.networks.create(ALICE, [CreateNetwork(name="a")])[0]
    wanted = CreateSubnet(network_id=network.id, cidr=f"127.{number}.0.0/24")
    return world.subnets.create(ALICE, [wanted])[0].id


def meet(*calls: Callable[[], object]) -> list[object]:
    """Do all of this at once, each again while it meets the others; what came of each, refusals
    included."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        start.wait()
        for _ in range(ATTEMPTS):
            try:
                return call()
            except StoreConflict:
                continue
            except PierheadError as refusal:
                return refusal
        raise AssertionError(f"{call} met the others for ever")

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def member(world: World, pool_id: str, number: int) -> Callable[[], object]:
    return lambda: world.member(pool_id, address=f"127.9.0.{number}")


def new_vip(world: World, pool_id: str, **more: object) -> Callable[[], object]:
    return lambda: world.vip(subnet_id=world.front, pool_id=pool_id, **more)


def new_pool(world: World) -> str:
    return world.pool(subnet_id=world.front).id


def test_every_member_is_in_the_first_revision_or_raises_another(world):
    for _ in range(ROUNDS):
        pool = new_pool(world)
        vip, *_ = meet(new_vip(world, pool), *(member(world, pool, n) for n in range(1, 7)))
        with world.store.read() as work:
            members = work.members.find(Query(filters={"pool_id": (pool,)}))
            service = work.services.get(vip.id)
        assert len(members) == 6
        raised = sorted(each.stamp.revision for each in members if each.stamp is not None)
        assert raised == list(range(2, service.desired_revision + 1))


def test_two_vips_never_get_one_pool(world):
    for _ in range(ROUNDS):
        pool = new_pool(world)
        made = meet(*(new_vip(world, pool) for _ in range(4)))
        assert sum(isinstance(each, PierheadError) for each in made) == 3
    with world.store.read() as work:
        assert work.services.count({}) == work.reservations.count({}) == ROUNDS


def test_a_pool_is_deleted_or_used(world):
    for _ in range(ROUNDS):
        pool = new_pool(world)
        gone, vip, *_ = meet(
            lambda pool=pool: world.pools.delete(ALICE, pool),
            new_vip(world, pool),
            member(world, pool, 1),
        )
        assert isinstance(gone, PierheadError) is not isinstance(vip, PierheadError)
        with world.store.read() as work:
            assert (work.pools.get(pool) is None) is isinstance(vip, PierheadError)
            assert work.services.count({}) == work.reservations.count({})


def test_a_monitor_reaches_every_pool_that_it_is_associated_with(world):
    for number in range(ROUNDS):
        monitor = world.monitor().id
        pools = [new_pool(world) for _ in range(3)]
        vips = [new_vip(world, pool)().id for pool in pools]
        meet(
            lambda monitor=monitor, number=number: world.monitors.update(
                ALICE, monitor, UpdateHealthMonitor(delay=20 + number)
            ),
            *(
                lambda pool=pool, monitor=monitor: world.pools.associate_monitor(
                    ALICE, pool, monitor
                )
                for pool in pools
            ),
        )
        with world.store.read() as work:
            uses = work.pool_monitors.find(Query(filters={"monitor_id": (monitor,)}))
            assert len(uses) == 3
            for use in uses:
                service = work.services.get(vips[pools.index(use.pool_id)])
                assert use.stamp.revision == service.desired_revision


def test_members_that_cross_raise_both_services_each_time(world):
    pools = [new_pool(world) for _ in range(2)]
    vips = [new_vip(world, pool)().id for pool in pools]
    members = [
        world.member(pool, address=f"127.9.{at}.{number}").id
        for number in range(1, 5)
        for at, pool in enumerate(pools)
    ]
    others = [pools[1 - at % 2] for at in range(len(members))]
    moved = meet(
        *(
            lambda one=one, other=other: world.members.update(
                ALICE, one, UpdateMember(pool_id=other)
            )
            for one, other in zip(members, others, strict=True)
        )
    )
    assert not any(isinstance(each, PierheadError) for each in moved)
    for vip in vips:
        assert world.service(vip).desired_revision == 1 + 4 + 8


def test_a_vip_that_goes_is_changed_before_or_not_at_all(world):
    for _ in range(ROUNDS):
        pool = new_pool(world)
        vip = new_vip(world, pool)().id

        def forget(vip: str = vip) -> None:
            with world.store.write() as work:
                service = work.services.get(vip)
                if service is None or not service.deleting:
                    return
                world.kind.forget(work, service)
                work.commit()

        meet(
            lambda vip=vip: world.vips.delete(ALICE, vip),
            lambda vip=vip: world.vips.delete(ALICE, vip),
            forget,
            member(world, pool, 1),
            member(world, pool, 2),
        )
        service = world.service(vip)
        assert service is None or service.deleting
        with world.store.read() as work:
            assert (work.load_balancers.get(vip) is None) is (service is None)
            assert work.members.count({"pool_id": (pool,)}) == 2


def test_what_a_vip_refers_to_stays(world):
    for number in range(ROUNDS):
        place = subnet(world, 20 + number)
        pool = new_pool(world)
        with world.store.write() as work:
            work.service_types.add(ServiceType(id=f"t{number}", name=f"t{number}", drivers=()))
            work.commit()
        vip, no_subnet, no_type = meet(
            lambda place=place, pool=pool, number=number: world.vip(
                subnet_id=place, pool_id=pool, service_type=f"t{number}"
            ),
            lambda place=place: world.subnets.delete(ALICE, place),
            lambda number=number: world.types.delete(ADMIN, f"t{number}"),
        )
        with world.store.read() as work:
            kept = work.subnets.get(place), work.service_types.get(f"t{number}")
        if not isinstance(vip, PierheadError):
            assert None not in kept
        assert (kept[0] is None) is not isinstance(no_subnet, PierheadError)
        assert (kept[1] is None) is not isinstance(no_type, PierheadError)
