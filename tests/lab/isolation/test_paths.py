"""Packets take the way through the VIP, and no other."""

import pytest

from tests.lab.isolation.cloud import answers
from tests.lab.networks import wait_until

pytestmark = pytest.mark.slow

FRONT, BACK = "10.1.0.0/24", "10.2.0.0/24"


def test_only_the_vip_leads_from_clients_to_members(cloud, network, plug):
    cloud.device("one-for-all")
    front, back = network("tenant", FRONT), network("tenant", BACK)
    strange = network("stranger", FRONT)
    client, member = plug(front, "10.1.0.10"), plug(back, "10.2.0.10")
    other = plug(back, "10.2.0.11")
    stranger = plug(strange, "10.1.0.20")
    vip = cloud.balancer(front, back, ("10.2.0.10", "10.2.0.11"))
    cloud.wait_active(vip)
    wait_until(lambda: answers(client, vip.address) is not None, "the VIP answers")
    seen = {answers(client, vip.address) for _ in range(8)}
    assert seen == {"10.2.0.10:80", "10.2.0.11:80"}

    assert answers(stranger, vip.address) is None
    # Whoever asks by way of the device's own addresses finds no router there.
    found = cloud.ask("GET", "fleet/attachments")["attachments"]
    ways = {each["network_id"]: each for each in found}
    for machine, place, target in (
        (client, front, "10.2.0.10"),
        (member, back, "10.1.0.10"),
        (other, back, vip.address),
    ):
        device = ways[place.network_id]["addresses"][0].partition("/")[0]
        assert not machine.reaches(target, 80)
        machine.run("ip", "route", "replace", f"{target}/32", "via", device)
        assert not machine.reaches(target, 80)
    assert answers(client, vip.address) is not None


def test_tenants_with_the_same_addresses_reach_their_own_members_only(cloud, network, plug):
    device = cloud.device("one-for-all")
    clients, vips = {}, {}
    for project in ("one", "other"):
        front, back = network(project, FRONT), network(project, BACK)
        clients[project] = plug(front, "10.1.0.10")
        number = 10 if project == "one" else 11
        plug(back, f"10.2.0.{number}")
        # Each names the other's member, too, which it does not have.
        members = ("10.2.0.10", "10.2.0.11")
        vips[project] = cloud.balancer(front, back, members, address="10.1.0.100")
    cloud.wait_active(*vips.values())
    for project, served in (("one", "10.2.0.10:80"), ("other", "10.2.0.11:80")):
        client = clients[project]
        wait_until(lambda client=client: answers(client, "10.1.0.100") is not None, "VIP answers")
        seen = {answers(client, "10.1.0.100") for _ in range(8)}
        assert seen - {None} == {served}
    assert cloud.shown_device(device)["usage"]["services"] == 2
    cloud.remove(vips["one"])
    assert answers(clients["one"], "10.1.0.100") is None
    wait_until(lambda: answers(clients["other"], "10.1.0.100") is not None, "the other goes on")


def test_two_tenants_on_a_shared_network_have_their_own_members(cloud, network, plug):
    cloud.device("one-for-all")
    shared = network("provider", "10.3.0.0/24", shared=True)
    client = plug(shared, "10.3.0.10")
    vips = []
    for project in ("one", "other"):
        back = network(project, BACK)
        plug(back, "10.2.0.10" if project == "one" else "10.2.0.11")
        member = "10.2.0.10" if project == "one" else "10.2.0.11"
        vips.append(cloud.balancer(shared, back, (member,), project=project))
    cloud.wait_active(*vips)
    for vip, served in zip(vips, ("10.2.0.10:80", "10.2.0.11:80"), strict=True):
        wait_until(lambda vip=vip: answers(client, vip.address) is not None, "the VIP answers")
        assert {answers(client, vip.address) for _ in range(4)} == {served}
