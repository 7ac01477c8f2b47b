"""The all-in-one daemon in tenants' networks, with real packets."""

import pytest
from requests import ConnectionError as NotConnected

from adapters.network.linux import bridge_of
from tests.lab.haproxy.lan import interfaces, leftovers
from tests.lab.linux.daemon import eventually
from tests.lab.linux.tenant import VIP

pytestmark = pytest.mark.slow


def test_tenants_with_the_same_addresses_are_kept_apart_on_one_device(daemon, device, tenants):
    for each in tenants:
        each.balance()
    assert [each.is_served for each in tenants] == [True, True]
    shown = daemon.show("fleet/devices", device["id"])
    assert shown["usage"]["services"] == 2
    assert sum(each["attached"] for each in shown["usage"]["networks"]) == 4


def test_nothing_is_reachable_but_the_vip(device, tenants):
    red, blue = tenants
    red.balance()
    assert red.is_served
    assert not blue.client.reaches(VIP, 80)
    assert not red.client.reaches(red.address, 80)
    assert not red.member.reaches(VIP, 80)
    red.client.run("ip", "route", "add", "default", "via", VIP)
    assert not red.client.reaches(red.address, 80)


def test_traffic_outlives_the_daemon_which_goes_on_where_it_was(daemon, device, tenants):
    red, _ = tenants
    red.balance()
    daemon.kill()
    assert red.is_served
    daemon.start()
    other = red.back.address(220)
    red.back.member(220)
    red.add_member(other)
    eventually(lambda: red.ask() == f"{other}:80")
    eventually(lambda: red.is_served)


def test_a_network_is_let_go_of_when_the_last_vip_leaves(daemon, device, tenants):
    red, blue = tenants
    red.balance()
    blue.balance()
    before = leftovers()
    red.leave()
    eventually(lambda: len(leftovers()) < len(before))
    with pytest.raises(NotConnected):
        red.ask()
    assert blue.is_served
    blue.leave()
    bridges = {bridge_of(each["network_id"]) for each in (*red.subnets, *blue.subnets)}
    eventually(lambda: leftovers() == bridges)
    assert bridges < interfaces()
