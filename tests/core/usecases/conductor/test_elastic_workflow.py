"""Services that fit nowhere wait for a device that is made for them; killed at any recorded
step, the next start goes on, and nothing is left over."""

from collections.abc import Callable

import pytest

from core.domain.device import DeviceStatus
from core.domain.lifecycle import Status
from core.domain.query import Query
from core.domain.service_type import Policy
from core.usecases.conductor.spawning import TRIES
from core.usecases.fleet.device_pool_types import UpdateDevicePool
from tests.core.usecases.conductor.lab import ADMIN, Killed, Lab

ELASTIC = Policy(elastic_pool="burst")


def prepared(policy: Policy = ELASTIC, **pool) -> tuple[Lab, str]:
    """A lab without any device, and a subnet."""
    lab = Lab()
    lab.add_device_pool(**pool)
    lab.add_service_type(default=True, policy=policy)
    return lab, lab.add_subnet("127.1.0.0/24")


def ask(lab: Lab, subnet: str, **details) -> str:
    return lab.add_vip(subnet, lab.add_pool(subnet, ("127.1.0.10", 80)), **details)


def devices(lab: Lab) -> list:
    return lab.process.core.devices().list(ADMIN, Query())


def pass_time(lab: Lab, seconds: int) -> None:
    for _ in range(seconds):
        lab.clock.advance(1.0)
        lab.settle()


def test_a_vip_that_fits_nowhere_waits_for_a_device_and_becomes_active():
    lab, subnet = prepared()
    lab.provisioner.delay(times=3, seconds=20.0)
    vip_id = ask(lab, subnet)
    lab.settle()
    assert lab.vip(vip_id).status is Status.PENDING_CREATE
    assert [each.status for each in devices(lab)] == [DeviceStatus.SPAWNING]
    pass_time(lab, 70)
    vip = lab.vip(vip_id)
    assert vip.status is Status.ACTIVE
    assert lab.devices.request(vip.address, 8080).address == "127.1.0.10"
    lab.check_nothing_leaked()


def test_many_that_wait_share_one_device():
    lab, subnet = prepared()
    lab.provisioner.delay(times=1, seconds=5.0)
    vips = [ask(lab, subnet) for _ in range(40)]
    lab.settle()
    later = ask(lab, subnet)
    pass_time(lab, 10)
    assert {lab.vip(each).status for each in (*vips, later)} == {Status.ACTIVE}
    [device] = devices(lab)
    assert device.usage.services == 41
    lab.check_nothing_leaked()


def test_as_many_devices_are_made_as_are_needed():
    lab, subnet = prepared(limits={"vips": 3}, maximum=4)
    vips = [ask(lab, subnet) for _ in range(10)]
    pass_time(lab, 5)
    assert {lab.vip(each).status for each in vips} == {Status.ACTIVE}
    assert sorted(each.usage.services for each in devices(lab)) == [1, 3, 3, 3]


def test_a_full_pool_is_told_to_the_tenant_and_grows_when_it_may():
    lab, subnet = prepared(limits={"vips": 1}, maximum=1)
    first, second = ask(lab, subnet), ask(lab, subnet)
    lab.settle()
    statuses = {each: lab.vip(each).status for each in (first, second)}
    assert sorted(statuses.values()) == [Status.ACTIVE, Status.ERROR]
    [waiting] = [each for each in statuses if statuses[each] is Status.ERROR]
    text = lab.why(waiting)
    assert text.endswith("; its elastic pool has its maximum of 1 device"), text
    [pool] = lab.process.core.device_pools().list(ADMIN, Query())
    lab.process.core.device_pools().update(ADMIN, pool.id, UpdateDevicePool(maximum=2))
    lab.settle()
    assert lab.vip(waiting).status is Status.ACTIVE


def test_a_private_pool_makes_the_tenant_a_device_of_its_own():
    lab, subnet = prepared(Policy(elastic_pool="burst", dedicated=True), private=True)
    lab.add_device("shared")
    vips = [ask(lab, subnet) for _ in range(2)]
    lab.settle()
    assert {lab.vip(each).status for each in vips} == {Status.ACTIVE}
    [own] = [each for each in devices(lab) if each.project_id is not None]
    assert (own.project_id, own.usage.services) == (ADMIN.project_id, 2)


def test_a_service_is_placed_anew_when_its_device_cannot_be_made():
    lab, subnet = prepared()
    lab.provisioner.fail(TRIES)
    vip_id = ask(lab, subnet)
    lab.settle()
    lab.add_device("spare one")
    pass_time(lab, 10)
    assert lab.vip(vip_id).status is Status.ACTIVE
    assert [each.name for each in devices(lab)] == ["spare one"]
    lab.check_nothing_leaked()


def test_without_another_device_it_is_told_that_none_could_be_made_and_tried_again():
    lab, subnet = prepared()
    lab.provisioner.fail(TRIES)
    vip_id = ask(lab, subnet)
    lab.settle()
    seen = set()
    for _ in range(60):
        pass_time(lab, 1)
        seen.add(lab.why(vip_id).rpartition("; ")[2])
    assert "the last new device could not be made, and the next is tried after a pause" in seen
    assert lab.vip(vip_id).status is Status.ACTIVE
    lab.check_nothing_leaked()


def test_a_deleted_vip_does_not_wait_for_its_device():
    lab, subnet = prepared()
    lab.provisioner.delay(times=1, seconds=60.0)
    vip_id = ask(lab, subnet)
    lab.settle()
    lab.process.core.vips().delete(ADMIN, vip_id)
    lab.settle()
    with lab.store.read() as work:
        assert work.services.count({}) == 0
    lab.check_nothing_leaked()


def test_a_start_ends_the_pause_after_a_failure():
    lab, subnet = prepared()
    lab.provisioner.fail(TRIES)
    vip_id = ask(lab, subnet)
    lab.settle()
    while lab.vip(vip_id).status is not Status.ERROR:
        pass_time(lab, 1)
    lab.restart()
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_a_start_orders_nothing_of_a_device_that_is_being_made():
    lab, subnet = prepared()
    lab.provisioner.delay(times=1, seconds=60.0)
    ask(lab, subnet)
    lab.settle()
    lab.restart()
    assert lab.process.agency.bus().backlog() == 0


def test_everything_goes_when_nothing_is_needed_any_more():
    lab, subnet = prepared(idle_seconds=5.0)
    vip_id = ask(lab, subnet)
    lab.settle()
    lab.process.core.vips().delete(ADMIN, vip_id)
    pass_time(lab, 12)
    assert devices(lab) == []
    assert lab.provisioner.made() == {}
    with lab.store.read() as work:
        assert work.devices.count({}) == 0
        assert work.ledger.usage() == {}


def killed_at_every_point(
    setup: Callable[[], Lab], run: Callable[[Lab], None], check: Callable[[Lab], None]
) -> int:
    """Die at one recorded step after the other; returns at how many."""
    rehearsal = setup()
    rehearsal.fault.calls = 0
    run(rehearsal)
    deaths = 0
    for die_at in range(rehearsal.fault.calls):
        lab = setup()
        lab.fault.calls, lab.fault.die_at = 0, die_at
        try:
            run(lab)
        except Killed:
            deaths += 1
        lab.fault.die_at = None
        lab.restart()
        lab.settle()
        pass_time(lab, 8)
        lab.clock.advance(60)
        pass_time(lab, 8)
        check(lab)
        lab.check_nothing_leaked()
    return deaths


def the_only_vip(lab: Lab):
    [vip] = lab.process.core.vips().list(ADMIN, Query())
    return vip


def test_killed_anywhere_while_a_device_is_made():
    def setup() -> Lab:
        lab, subnet = prepared()
        ask(lab, subnet)
        return lab

    def check(lab: Lab) -> None:
        assert the_only_vip(lab).status is Status.ACTIVE
        [device] = devices(lab)
        assert set(lab.provisioner.made()) == {device.id}
        assert lab.devices.request(the_only_vip(lab).address, 8080) is not None

    assert killed_at_every_point(setup, Lab.settle, check) > 15


@pytest.mark.slow
def test_killed_anywhere_while_a_device_cannot_be_made():
    def setup() -> Lab:
        lab, subnet = prepared()
        lab.provisioner.fail(TRIES)
        ask(lab, subnet)
        return lab

    def check(lab: Lab) -> None:
        assert the_only_vip(lab).status is Status.ACTIVE
        [device] = devices(lab)
        assert set(lab.provisioner.made()) == {device.id}

    assert killed_at_every_point(setup, lambda lab: pass_time(lab, 15), check) > 20


def test_killed_anywhere_while_a_device_goes():
    def setup() -> Lab:
        lab, subnet = prepared(idle_seconds=2.0)
        vip_id = ask(lab, subnet)
        lab.settle()
        lab.process.core.vips().delete(ADMIN, vip_id)
        return lab

    def check(lab: Lab) -> None:
        with lab.store.read() as work:
            assert work.devices.count({}) == 0
            assert work.ledger.usage() == {}
        assert lab.provisioner.made() == {}

    assert killed_at_every_point(setup, lambda lab: pass_time(lab, 6), check) > 15


@pytest.mark.parametrize("spare", [0, 1])
def test_killed_anywhere_while_a_pool_is_filled(spare):
    def setup() -> Lab:
        lab, _ = prepared(minimum=2, spare=spare, maximum=3)
        return lab

    def check(lab: Lab) -> None:
        assert [each.status for each in devices(lab)] == [DeviceStatus.ONLINE] * 2
        assert len(lab.provisioner.made()) == 2

    assert killed_at_every_point(setup, Lab.settle, check) > 10
