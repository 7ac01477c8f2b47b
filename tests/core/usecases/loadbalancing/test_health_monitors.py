"""Health monitors: checked when made, and changed for every pool that uses them."""

import pytest

from core.domain.errors import DelayOrTimeoutInvalid, InUse, InvalidInput, NotFound
from core.domain.lifecycle import Status
from core.domain.loadbalancer.model import MonitorType
from core.domain.query import Query
from core.usecases.loadbalancing.types import HealthMonitorView, UpdateHealthMonitor
from tests.core.usecases.loadbalancing.world import ALICE, BOB


def test_the_http_fields_are_shown_for_http_and_https_only(world):
    for kind in MonitorType:
        monitor = world.monitor(type=kind)
        shown = {getattr(monitor, name) for name in HealthMonitorView.SHOWN_UNLESS_NONE}
        http = kind in (MonitorType.HTTP, MonitorType.HTTPS)
        assert shown == ({"GET", "/", "200"} if http else {None})


def test_delay_is_at_least_timeout(world):
    with pytest.raises(DelayOrTimeoutInvalid):
        world.monitor(delay=2, timeout=3)
    monitor = world.monitor(delay=5, timeout=3)
    with pytest.raises(DelayOrTimeoutInvalid):
        world.monitors.update(ALICE, monitor.id, UpdateHealthMonitor(delay=2))
    assert world.monitors.show(ALICE, monitor.id).delay == 5


def test_bad_monitors_of_a_bulk_are_refused_with_the_good(world):
    with pytest.raises(InvalidInput):
        world.monitor(expected_codes="abc")
    assert world.monitors.list(ALICE, Query()) == []


def test_a_change_is_one_of_every_vip_whose_pool_is_checked(world):
    monitor, vips = world.monitor(), [world.vip(), world.vip()]
    for vip in vips:
        world.pools.associate_monitor(ALICE, vip.pool_id, monitor.id)
        world.deploy(vip.id)
    world.pools.associate_monitor(ALICE, world.pool().id, monitor.id)
    world.rang()
    changed = world.monitors.update(ALICE, monitor.id, UpdateHealthMonitor(url_path="/up"))
    assert (changed.url_path, changed.status) == ("/up", Status.PENDING_UPDATE)
    assert sorted(use.status for use in changed.pools) == [
        Status.ACTIVE,
        Status.PENDING_UPDATE,
        Status.PENDING_UPDATE,
    ]
    assert [world.service(vip.id).desired_revision for vip in vips] == [3, 3]
    assert world.rang()
    world.fail(vips[0].id, "refused")
    shown = world.monitors.show(ALICE, monitor.id)
    assert shown.status is Status.ERROR
    assert shown.status_description.startswith("refused; tried again at ")


def test_an_update_that_changes_nothing_is_no_revision(world):
    monitor, vip = world.monitor(), world.vip()
    world.pools.associate_monitor(ALICE, vip.pool_id, monitor.id)
    world.rang()
    world.monitors.update(ALICE, monitor.id, UpdateHealthMonitor(delay=5))
    assert (world.service(vip.id).desired_revision, world.rang()) == (2, False)


def test_a_monitor_in_use_stays(world):
    monitor, pool = world.monitor(), world.pool()
    world.pools.associate_monitor(ALICE, pool.id, monitor.id)
    with pytest.raises(InUse) as caught:
        world.monitors.delete(ALICE, monitor.id)
    assert caught.value.code == "HealthMonitorInUse"
    assert pool.id in str(caught.value)
    world.pools.disassociate_monitor(ALICE, pool.id, monitor.id)
    world.monitors.delete(ALICE, monitor.id)
    assert world.monitors.list(ALICE, Query()) == []


def test_others_monitors_do_not_exist(world):
    monitor = world.monitor()
    for attempt in (
        lambda: world.monitors.show(BOB, monitor.id),
        lambda: world.monitors.update(BOB, monitor.id, UpdateHealthMonitor(delay=9)),
        lambda: world.monitors.delete(BOB, monitor.id),
    ):
        with pytest.raises(NotFound) as caught:
            attempt()
        assert caught.value.code == "HealthMonitorNotFound"
