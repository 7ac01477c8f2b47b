"""Packets go where they should, and nowhere else."""

import pytest

from core.domain.loadbalancer.model import MonitorType
from tests.adapters.devices.haproxy.support import eventually, monitor_spec
from tests.lab.haproxy.support import MEMBER, VIP, Site


def test_a_client_reaches_members_over_the_vip_only(site):
    site.device.run(site.order())
    assert site.ask() == f"{site.b.address(MEMBER)}:80"
    assert not site.client.reaches(site.b.address(MEMBER), 80)
    assert not site.member.reaches(site.a.address(VIP), 80)


def test_a_router_cannot_be_made_of_it(site):
    """Not even by somebody who sends everything to the device's address."""
    site.device.run(site.order())
    site.client.run("ip", "route", "add", "default", "via", site.a.address(5))
    assert not site.client.reaches(site.b.address(MEMBER), 80)
    assert not site.client.reaches(site.b.address(5), 80)


def test_tenants_with_the_same_addresses_reach_their_own_members(device, make_lan):
    sites = [Site(device, make_lan("10.0.0.0/24"), make_lan("10.9.0.0/24")) for _ in range(2)]
    sites[1].b.member(MEMBER + 1)
    sites[1].order(members=(sites[1].spec(MEMBER + 1),))
    device.run(*(each.order() for each in sites))
    assert [each.ask() for each in sites] == ["10.9.0.7:80", "10.9.0.8:80"]


def test_two_load_balancers_of_one_network_share_its_wire(device, make_lan):
    a, b = make_lan("10.0.0.0/24"), make_lan("10.9.0.0/24")
    one = Site(device, a, b)
    two = Site.__new__(Site)
    two.__dict__.update(one.__dict__)
    two.balancer = type(one.balancer)(network_id=b.id, members=(one.spec(MEMBER),))
    two.balancer.address, two.balancer.port = a.address(VIP + 1), 80
    two.balancer.vip_network, two.balancer.attachments = a.id, one.balancer.attachments
    device.run(one.order(), two.order())
    assert one.answers
    assert two.answers
    device.run(one.balancer.removal())
    assert two.answers
    assert not one.client.reaches(one.balancer.address, 80)


def test_one_arm(device, make_lan):
    lan = make_lan("10.0.0.0/24")
    site = Site(device, lan, lan)
    device.run(site.order())
    assert site.answers


def test_ipv6(device, make_lan):
    """Members see the device's own address there, too, though the VIP is nearer to theirs."""
    lan = make_lan("fd00:a::/64")
    site = Site(device, lan, lan)
    device.run(site.order())
    assert site.answers
    assert lan.servers[0].clients == {lan.address(5)}


def test_members_behind_a_gateway(device, make_lan):
    site = Site(device, make_lan("10.0.0.0/24"), make_lan("10.9.0.0/24", gateway=True))
    far = make_lan("10.77.0.0/24")
    router = site.b.machine(1)
    far.member(9).run("ip", "route", "add", "default", "via", far.address(1))
    lend = far.machine(1)
    lend.run("ip", "link", "set", "eth0", "name", "far0", "down", "netns", router.name)
    router.add_address(far.with_length(1), "far0")
    router.run("ip", "link", "set", "far0", "up")
    router.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    members = (site.spec(MEMBER),)
    beyond = type(members[0])(id="far", address=far.address(9), port=80, weight=1, enabled=True)
    device.run(site.order(members=(beyond,)))
    assert site.ask() == "10.77.0.9:80"


@pytest.mark.parametrize("kind", [MonitorType.PING, MonitorType.TCP, MonitorType.HTTP])
def test_health_is_checked_in_the_members_network(site, kind):
    gone = site.spec(MEMBER + 1)
    site.device.run(site.order(members=(site.spec(MEMBER), gone), monitors=(monitor_spec(kind),)))

    def down():
        (seen,) = site.device.driver.observe(site.device.handle).services.values()
        return not seen["members"][gone.id]["up"]

    eventually(down)
    (seen,) = site.device.driver.observe(site.device.handle).services.values()
    assert sorted(each["up"] for each in seen["members"].values()) == [False, True]
    assert {site.ask() for _ in range(4)} == {f"{site.b.address(MEMBER)}:80"}


def test_members_come_and_go(site):
    """One that leaves does so without a reload, which HAProxy needs for one that comes."""
    site.b.member(MEMBER + 1)
    site.device.run(site.order())
    both = (site.spec(MEMBER), site.spec(MEMBER + 1))
    site.device.run(site.order(members=both))
    worker = site.device.worker
    assert {site.ask() for _ in range(4)} == {"10.9.0.7:80", "10.9.0.8:80"}
    site.device.run(site.order(members=both[1:]))
    assert {site.ask() for _ in range(4)} == {"10.9.0.8:80"}
    assert site.device.worker == worker


def test_a_member_that_was_removed_by_hand_comes_back(site):
    site.device.run(site.order())
    (member,) = site.balancer.pool.members
    path = f"{site.balancer.id}.{site.balancer.pool.id}/{member.id}"
    assert site.device.tell(f"set server {path} state maint") == ""
    assert site.device.tell(f"del server {path}") == "Server deleted."
    assert site.ask() == "503"
    assert "repaired 1 server" in site.device.driver.observe(site.device.handle).note
    assert site.answers


@pytest.mark.parametrize("cidr", ["10.0.0.0/24", "fd00:a::/64"])
def test_neighbours_learn_that_an_address_has_moved(device, make_lan, tmp_path, cidr):
    """The client has the old device's interface in its cache."""
    from adapters.devices.haproxy import NAMESPACE_PLUGIN
    from tests.adapters.devices.haproxy.support import Device

    lan = make_lan(cidr)
    site = Site(device, lan, lan)
    family = f"ipv{lan.network.version}"
    site.client.run("sysctl", "-qw", f"net.{family}.neigh.eth0.base_reachable_time_ms=600000")
    device.run(site.order())
    assert site.answers
    other = Device(tmp_path / "other", NAMESPACE_PLUGIN)
    try:
        device.run(site.balancer.removal())
        site.device = other
        site.wire(number=6)
        other.run(site.order())
        assert site.answers
        (neighbour,) = site.client.run("ip", "neigh", "show", site.balancer.address).splitlines()
        assert site.balancer.attachments[0].mac in neighbour
    finally:
        other.driver.retire(other.handle)
        other.driver.close(stop_devices=False)


def test_members_see_the_devices_own_address_in_their_network(site):
    site.device.run(site.order())
    assert site.answers
    assert site.b.servers[0].clients == {site.b.address(5)}
