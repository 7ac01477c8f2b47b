"""Pools, the health monitors that they use, and their statistics."""

import pytest

from core.domain.errors import AlreadyExists, InUse, InvalidInput, NotFound
from core.domain.lifecycle import Status
from core.domain.loadbalancer.model import Method
from core.domain.loadbalancer.observation import PoolStatistics
from core.domain.query import Query
from core.usecases.loadbalancing.types import MonitorStatus, PoolUse, UpdatePool
from tests.core.usecases.loadbalancing.world import ADMIN, ALICE, BOB


def test_a_pool_that_no_vip_uses_is_active_at_once(world):
    pool = world.pool(name="p")
    assert (pool.status, pool.vip_id, pool.members) == (Status.ACTIVE, None, ())
    assert (pool.provider, pool.lb_method) == ("pierhead", Method.ROUND_ROBIN)
    assert not world.rang()


@pytest.mark.parametrize(
    "change", [{"name": "a\rb"}, {"description": "\x7f"}, {"provider": "haproxy"}]
)
def test_bad_values_are_refused(world, change):
    with pytest.raises(InvalidInput):
        world.pool(**change)
    assert world.pools.list(ALICE, Query()) == []


def test_only_visible_subnets_can_be_used(world):
    for identity in ("bobs", "none"):
        with pytest.raises(NotFound) as caught:
            world.pool(subnet_id=identity)
        assert caught.value.code == "SubnetNotFound"
    assert world.pool(ADMIN, subnet_id="bobs").subnet_id == "bobs"


def test_a_change_that_a_device_must_follow_is_one_of_the_vip(world):
    vip = world.vip()
    world.deploy(vip.id)
    world.rang()
    named = world.pools.update(ALICE, vip.pool_id, UpdatePool(name="n"))
    assert (named.name, named.status) == ("n", Status.ACTIVE)
    assert not world.rang()
    changed = world.pools.update(ALICE, vip.pool_id, UpdatePool(lb_method=Method.SOURCE_IP))
    assert (changed.lb_method, changed.status) == (Method.SOURCE_IP, Status.PENDING_UPDATE)
    assert world.vips.show(ALICE, vip.id).status is Status.PENDING_UPDATE
    assert world.rang()
    world.deploy(vip.id)
    assert world.pools.show(ALICE, vip.pool_id).status is Status.ACTIVE
    down = world.pools.update(ALICE, vip.pool_id, UpdatePool(admin_state_up=False))
    assert (down.admin_state_up, world.service(vip.id).desired_revision) == (False, 3)


def test_a_pool_in_use_stays_and_a_free_one_goes_with_what_is_in_it(world):
    vip, monitor = world.vip(), world.monitor()
    member = world.member(vip.pool_id)
    world.pools.associate_monitor(ALICE, vip.pool_id, monitor.id)
    with pytest.raises(InUse) as caught:
        world.pools.delete(ALICE, vip.pool_id)
    assert caught.value.code == "PoolInUse"
    world.vips.delete(ALICE, vip.id)
    world.pools.delete(ALICE, vip.pool_id)
    with pytest.raises(NotFound):
        world.members.show(ALICE, member.id)
    world.monitors.delete(ALICE, monitor.id)


def test_monitors_are_associated_and_shown_from_both_sides(world):
    vip, monitor = world.vip(), world.monitor()
    world.deploy(vip.id)
    assert world.pools.associate_monitor(ALICE, vip.pool_id, monitor.id) == [monitor.id]
    pool = world.pools.show(ALICE, vip.pool_id)
    pending = (Status.PENDING_CREATE, "")
    assert pool.health_monitors == (monitor.id,)
    assert pool.health_monitors_status == (
        MonitorStatus(monitor_id=monitor.id, status=Status.PENDING_CREATE, status_description=""),
    )
    shown = world.pools.show_association(ALICE, vip.pool_id, monitor.id)
    assert (shown.status, shown.status_description) == pending
    seen = world.monitors.show(ALICE, monitor.id)
    assert seen.pools == (
        PoolUse(pool_id=vip.pool_id, status=Status.PENDING_CREATE, status_description=""),
    )
    assert seen.status is Status.PENDING_CREATE
    world.deploy(vip.id)
    assert world.monitors.show(ALICE, monitor.id).status is Status.ACTIVE


def test_an_association_exists_once_and_is_undone_once(world):
    pool, monitor = world.pool(), world.monitor()
    world.pools.associate_monitor(ALICE, pool.id, monitor.id)
    with pytest.raises(AlreadyExists) as exists:
        world.pools.associate_monitor(ALICE, pool.id, monitor.id)
    assert exists.value.code == "PoolMonitorAssociationExists"
    world.pools.disassociate_monitor(ALICE, pool.id, monitor.id)
    for attempt in (world.pools.disassociate_monitor, world.pools.show_association):
        with pytest.raises(NotFound) as missing:
            attempt(ALICE, pool.id, monitor.id)
        assert missing.value.code == "PoolMonitorAssociationNotFound"


def test_associations_change_the_vip(world):
    vip, monitor = world.vip(), world.monitor()
    world.rang()
    world.pools.associate_monitor(ALICE, vip.pool_id, monitor.id)
    assert (world.service(vip.id).desired_revision, world.rang()) == (2, True)
    world.pools.disassociate_monitor(ALICE, vip.pool_id, monitor.id)
    assert (world.service(vip.id).desired_revision, world.rang()) == (3, True)


def test_others_monitors_do_not_exist_and_do_not_mix(world):
    pool, bobs = world.pool(), world.monitor(BOB)
    with pytest.raises(NotFound):
        world.pools.associate_monitor(ALICE, pool.id, bobs.id)
    with pytest.raises(InvalidInput, match="another project"):
        world.pools.associate_monitor(ADMIN, pool.id, bobs.id)


def test_the_list_of_monitors_in_a_pool_is_acted_on(world):
    one, two, three = (world.monitor().id for _ in range(3))
    pool = world.pool(health_monitors=(one, two, one))
    assert set(pool.health_monitors) == {one, two}
    pool = world.pools.update(ALICE, pool.id, UpdatePool(health_monitors=(two, three)))
    assert set(pool.health_monitors) == {two, three}
    assert world.pools.update(ALICE, pool.id, UpdatePool(health_monitors=())).health_monitors == ()
    with pytest.raises(NotFound):
        world.pool(health_monitors=("none",))
    assert len(world.pools.list(ALICE, Query())) == 1


def test_statistics_are_what_was_measured_and_zeros_before(world):
    vip = world.vip()
    assert world.pools.statistics(ALICE, vip.pool_id) == PoolStatistics()
    measured = {"bytes_in": 1, "bytes_out": 2, "active_connections": 3, "total_connections": 4}
    world.observe(vip.id, {"members": {}, "pools": {vip.pool_id: measured}})
    assert world.pools.statistics(ALICE, vip.pool_id) == PoolStatistics(**measured)
    assert world.pools.statistics(ALICE, world.pool().id) == PoolStatistics()
    with pytest.raises(NotFound):
        world.pools.statistics(BOB, vip.pool_id)
