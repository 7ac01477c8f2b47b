"""Each hard rule refuses what it should, with its numbers, and nothing else does."""

from dataclasses import replace

import pytest

from core.domain.device import AdminState, Capabilities, DeviceStatus
from core.domain.placement.reasons import ReasonCode
from core.domain.placement.request import Requirements
from core.domain.placement.rules import CHANGE_RULES, check
from core.domain.service import ServiceKind
from core.domain.service_type import Policy
from tests.core.domain.placement.fleet import (
    DRIVER,
    NET_A,
    NET_B,
    candidate,
    device,
    request,
)


def codes(asked, against, *rules) -> list[ReasonCode]:
    return [reason.code for reason in check(asked, against, *rules)]


def test_a_device_with_room_and_skill_fits():
    assert check(request(), candidate()) == ()


def test_the_drivers_of_the_type_are_the_only_ones():
    assert codes(request(drivers=("f5",)), candidate()) == [ReasonCode.DRIVER_NOT_ALLOWED]


def test_a_driver_that_is_not_installed_refuses_its_devices():
    assert codes(request(), candidate(driver=None)) == [ReasonCode.DRIVER_NOT_INSTALLED]


def test_a_driver_serves_its_kinds_only():
    assert codes(request(kind=ServiceKind.FIREWALL), candidate()) == [
        ReasonCode.DRIVER_NOT_INSTALLED
    ]


@pytest.mark.parametrize(
    ("version", "fits"), [("2.8.1", True), ("3.2", True), ("2.6.12", False), (None, True)]
)
def test_versions_are_prefixes(version, fits):
    found = check(request(), candidate(on=device(version=version)))
    assert (found == ()) is fits


def test_every_missing_capability_is_named():
    wanted = Capabilities(
        protocols=frozenset({"HTTP"}),
        monitors=frozenset({"PING"}),
        persistences=frozenset({"APP_COOKIE", "SOURCE_IP"}),
    )
    asked = request(
        requirements=Requirements(vip_address="10.1.0.5", networks=(NET_A,), features=wanted)
    )
    reasons = check(asked, candidate())
    assert [reason.numbers["missing"] for reason in reasons] == [
        "monitor PING",
        "persistence APP_COOKIE",
    ]


@pytest.mark.parametrize("state", [AdminState.DRAINING, AdminState.DISABLED])
def test_draining_and_disabled_devices_take_nothing_new_but_keep_what_they_have(state):
    drained = candidate(on=device(admin_state=state))
    assert codes(request(), drained) == [ReasonCode.NOT_ENABLED]
    assert codes(request(), drained, CHANGE_RULES) == []


def test_a_device_on_its_way_out_takes_nothing():
    assert codes(request(), candidate(on=device(removing=True))) == [ReasonCode.NOT_ENABLED]


@pytest.mark.parametrize("status", [DeviceStatus.UNKNOWN, DeviceStatus.OFFLINE])
def test_a_device_must_have_answered(status):
    away = device(status=status, status_reason="connection timed out")
    [reason] = check(request(), candidate(on=away))
    assert reason.code is ReasonCode.NOT_ONLINE
    assert "connection timed out" in reason.text


def test_a_private_device_serves_its_owner_only():
    assert codes(request(), candidate(on=device(project_id="red"))) == [ReasonCode.OWNED_BY_ANOTHER]
    assert codes(request(), candidate(on=device(project_id="blue"))) == []


def test_a_type_may_ask_for_dedicated_devices():
    asked = request(policy=Policy(dedicated=True))
    assert codes(asked, candidate()) == [ReasonCode.NOT_DEDICATED]
    assert codes(asked, candidate(on=device(project_id="blue"))) == []


def test_zone_and_device_pool_are_those_of_the_type():
    asked = request(policy=Policy(zone="north", device_pool="fast"))
    assert codes(asked, candidate(on=device(zone="south"))) == [
        ReasonCode.WRONG_ZONE,
        ReasonCode.WRONG_DEVICE_POOL,
    ]
    assert codes(asked, candidate(on=device(zone="north", device_pool="fast"))) == []


@pytest.mark.parametrize(("used", "fits"), [(9, True), (10, False), (12, False)])
def test_the_last_vip_fits_and_the_next_does_not(used, fits):
    full = candidate(used={"vips": used})
    assert (codes(request(), full) == []) is fits


def test_a_limit_gives_its_numbers():
    asked = request(policy=Policy(demand={"throughput": 300}))
    [reason] = check(asked, candidate(limits={"throughput": 1000}, used={"throughput": 800}))
    assert reason.numbers == {
        "resource": "throughput",
        "wanted": 300,
        "used": 800,
        "limit": 1000,
    }
    assert reason.text == "throughput: 300 wanted, 200 left of 1000"


def test_a_limit_of_none_never_refuses():
    assert codes(request(), candidate(limits={"vips": None}, used={"vips": 9999})) == []


@pytest.mark.parametrize(("used", "fits"), [(14, True), (15, False)])
def test_a_limit_may_be_sold_more_than_once(used, fits):
    asked = request(policy=Policy(oversubscription={"vips": 1.55}))
    assert (codes(asked, candidate(used={"vips": used})) == []) is fits


def test_a_device_that_is_being_made_takes_services():
    assert codes(request(), candidate(on=device(status=DeviceStatus.SPAWNING))) == []


def test_a_tenant_that_is_kept_apart_stays_within_its_devices():
    [reason] = check(request(subset=frozenset({"d7", "d8"})), candidate())
    assert reason.code is ReasonCode.OUTSIDE_SUBSET
    assert reason.numbers == {"devices": 2}
    assert check(request(subset=frozenset({"d1"})), candidate()) == ()


def test_a_network_that_is_attached_costs_no_vlan():
    three = {"vlans:eth1": 3}
    wired = candidate(used=three, networks={"net-a": ("10.1.0.0/24",)})
    assert codes(request(), wired) == []
    assert codes(request(), candidate(used=three)) == [ReasonCode.LIMIT_REACHED]


def test_overlapping_addresses_need_a_device_that_keeps_them_apart():
    taken = {"net-x": ("10.1.0.0/16",)}
    [reason] = check(request(), candidate(networks=taken))
    assert reason.code is ReasonCode.OVERLAPPING_ADDRESSES
    assert reason.numbers == {
        "cidr": "10.1.0.0/24",
        "other_cidr": "10.1.0.0/16",
        "network": "net-x",
    }
    apart = replace(DRIVER, isolates_overlapping=True)
    assert check(request(), candidate(networks=taken, driver=apart)) == ()
    itself = device(isolates_overlapping=True)
    assert check(request(), candidate(on=itself, networks=taken)) == ()
    not_itself = candidate(on=device(isolates_overlapping=False), driver=apart, networks=taken)
    assert codes(request(), not_itself) == [ReasonCode.OVERLAPPING_ADDRESSES]


def test_the_same_network_does_not_overlap_itself():
    assert check(request(), candidate(networks={"net-a": ("10.1.0.0/24",)})) == ()


def test_a_services_own_networks_must_not_overlap_each_other():
    twin = replace(NET_B, cidr=NET_A.cidr)
    asked = request(requirements=Requirements(vip_address="10.1.0.5", networks=(NET_A, twin)))
    assert codes(asked, candidate()) == [ReasonCode.OVERLAPPING_ADDRESSES]


def test_a_pair_never_shares_a_device():
    assert codes(request(avoid_device_id="d1"), candidate()) == [ReasonCode.SAME_AS_STANDBY]


def test_all_reasons_are_given_at_once():
    asked = request(policy=Policy(zone="north"))
    full = candidate(on=device(status=DeviceStatus.OFFLINE), used={"vips": 10, "vlans:eth1": 4})
    assert codes(asked, full) == [
        ReasonCode.WRONG_ZONE,
        ReasonCode.NOT_ONLINE,
        ReasonCode.LIMIT_REACHED,
        ReasonCode.LIMIT_REACHED,
    ]
