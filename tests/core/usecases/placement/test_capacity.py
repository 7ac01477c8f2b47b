"""How much is claimed, used and left, and how many more fit."""

from dataclasses import replace

import pytest

from core.domain.binding import Attachment
from core.domain.device import AdminState, DeviceStatus
from core.domain.errors import Forbidden
from core.domain.service_type import Choice, Policy
from core.usecases.placement.capacity_types import By, Fits, ResourceRoom
from tests.core.domain.placement.fleet import NET_A, NET_B
from tests.core.usecases.placement.yard import ADMIN, BLUE, Yard

COMMON = Policy(choice=Choice.COMMON)


@pytest.fixture
def yard():
    made = Yard()
    made.service_type("gold", policy=COMMON)
    return made


def test_what_is_claimed_is_used_once_a_device_has_confirmed_it(yard):
    yard.device("edge", limits={"throughput": None})
    yard.place("shop", NET_A, deployed=True)
    with yard.store.write() as work:
        attached = Attachment(device_id="edge", network_id=NET_A.network_id, interface="eth1")
        work.ledger.end_wiring("edge", NET_A.network_id, attached)
        work.commit()
    yard.place("blog", NET_B)
    total = yard.capacity.show(ADMIN, By.DRIVER).total
    assert (total.devices, total.eligible, total.set_aside.devices) == (1, 1, 0)
    assert total.resources == {
        "throughput": ResourceRoom(limit=0, unlimited=1, claimed=0, used=0, left=0, over=0),
        "vips": ResourceRoom(limit=10, unlimited=0, claimed=2, used=1, left=8, over=0),
        "vlans:eth1": ResourceRoom(limit=4, unlimited=0, claimed=2, used=1, left=2, over=0),
    }


def test_what_is_claimed_beyond_a_limit_leaves_nothing_elsewhere(yard):
    yard.device("edge")
    for number in range(5):
        yard.place(f"s{number}", deployed=True)
    yard.device("spare")
    yard.change_device("edge", limits={"vips": 3})
    vips = yard.capacity.show(ADMIN, By.DRIVER).total.resources["vips"]
    assert (vips.limit, vips.claimed, vips.left, vips.over) == (13, 5, 10, 2)


def test_devices_that_take_nothing_new_are_counted_apart(yard):
    yard.device("edge")
    yard.place("shop")
    yard.change_device("edge", admin_state=AdminState.DRAINING, status=DeviceStatus.OFFLINE)
    yard.device("spare")
    yard.device("strange", driver="f5")
    yard.device("old", version="1.0")
    total = yard.capacity.show(ADMIN, By.DRIVER).total
    assert (total.devices, total.eligible) == (4, 1)
    assert total.resources["vips"].claimed == 0
    aside = total.set_aside
    assert aside.devices == 3
    assert aside.reasons == {
        "driver-not-installed": 1,
        "not-enabled": 1,
        "not-online": 1,
        "version-not-supported": 1,
    }
    assert aside.claimed == {"vips": 1, "vlans:eth1": 1}


def test_the_fleet_can_be_taken_apart(yard):
    yard.device("one", zone="east", device_pool="p1")
    yard.device("two", zone="east")
    yard.device("three")

    def names(by):
        groups = yard.capacity.show(ADMIN, by).groups
        return [(group.name, group.device_id, group.devices) for group in groups]

    assert names(By.DRIVER) == [("haproxy", None, 3)]
    assert names(By.ZONE) == [(None, None, 1), ("east", None, 2)]
    assert names(By.POOL) == [(None, None, 2), ("p1", None, 1)]
    assert names(By.DEVICE) == [("one", "one", 1), ("three", "three", 1), ("two", "two", 1)]


def test_the_room_for_each_service_type(yard):
    yard.device("one")
    yard.device("two", limits={"vips": 2})
    yard.device("theirs", project_id="green", limits={"throughput": 1000})
    busy = {"throughput": 300}
    yard.service_type("fast", policy=replace(COMMON, dedicated=True, demand=busy))
    twice = {"throughput": 1.5}
    yard.service_type(
        "over", policy=replace(COMMON, dedicated=True, demand=busy, oversubscription=twice)
    )
    fast, gold, over = yard.capacity.show(ADMIN, By.DRIVER).service_types
    assert (gold.name, gold.devices) == ("gold", 2)
    assert gold.wired == Fits(vips=12, runs_out="vips", short={"vips": 2})
    assert gold.own_network.vips == 6
    assert gold.own_network.short == {"vips": 1, "vlans:eth1": 1}
    assert (fast.devices, fast.wired.vips, fast.wired.runs_out) == (1, 3, "throughput")
    assert over.wired.vips == 5
    assert over.own_network == Fits(vips=4, runs_out="vlans:eth1", short={"vlans:eth1": 1})


def test_unlimited_is_no_number(yard):
    yard.device("edge", limits={"vips": None})
    [gold] = yard.capacity.show(ADMIN, By.DRIVER).service_types
    assert (gold.wired.vips, gold.wired.runs_out, gold.own_network.vips) == (None, None, 4)


def test_it_is_for_admins(yard):
    with pytest.raises(Forbidden):
        yard.capacity.show(BLUE, By.DRIVER)
