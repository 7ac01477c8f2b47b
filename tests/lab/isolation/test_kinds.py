"""Devices that are not plugged in as virtual machines are: on a trunk, and by VLANs."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.domain.wiring import WiringKind
from tests.lab.config import PHYSICAL_BRIDGE
from tests.lab.isolation.cloud import answers
from tests.lab.netns import run
from tests.lab.networks import call, wait_until
from tests.lab.site import NeutronLab
from tests.lab.wiring.appliances import APPLIANCE, plugged_trunk

pytestmark = pytest.mark.slow

RACK = "br-rack"


@contextmanager
def rack(lab: NeutronLab) -> Iterator[None]:
    """A switch of the appliance's own, on a trunk port of the physical network."""
    lab.switch.add_bridge(RACK)
    run("ip", "link", "add", "uplink", "type", "veth", "peer", "downlink")
    for name, bridge in (("uplink", RACK), ("downlink", PHYSICAL_BRIDGE)):
        run("ip", "link", "set", name, "up")
        lab.switch.vsctl("add-port", bridge, name)
    try:
        yield
    finally:
        lab.switch.vsctl("del-port", PHYSICAL_BRIDGE, "downlink", "--", "del-br", RACK)
        run("ip", "link", "delete", "uplink")


@pytest.fixture(params=[WiringKind.TRUNK, WiringKind.PHYSICAL])
def appliance(request, lab) -> Iterator[dict[str, object]]:
    """What is said of the device when it is registered."""
    if request.param is WiringKind.TRUNK:
        with plugged_trunk(lab) as trunk:
            wiring = {"kind": "trunk", "trunk_id": trunk.trunk_id}
            yield {"wiring": wiring, "parameters": {"data_bridge": APPLIANCE}}
    else:
        with rack(lab):
            wiring = {"kind": "physical", "host": "rack-1"}
            yield {"wiring": wiring, "parameters": {"data_bridge": RACK}}


def test_an_appliance_carries_two_tenants_with_the_same_addresses(
    lab, appliance, network, plug, cloud
):
    device = cloud.device("appliance", **appliance)
    clients, vips = [], []
    for project, number in (("one", 10), ("other", 11)):
        front, back = network(project, "10.1.0.0/24"), network(project, "10.2.0.0/24")
        clients.append(plug(front, "10.1.0.10"))
        plug(back, f"10.2.0.{number}")
        members = ("10.2.0.10", "10.2.0.11")
        vips.append(cloud.balancer(front, back, members, address="10.1.0.100"))
    cloud.wait_active(*vips)
    for client, served in zip(clients, ("10.2.0.10:80", "10.2.0.11:80"), strict=True):
        wait_until(
            lambda client=client: answers(client, "10.1.0.100") is not None, "the VIP answers"
        )
        assert {answers(client, "10.1.0.100") for _ in range(8)} - {None} == {served}
        assert not client.reaches(served.partition(":")[0], 80)
    found = cloud.ask("GET", "fleet/attachments")["attachments"]
    mine = [each for each in found if each["device_id"] == device]
    assert len({each["vlan"] for each in mine}) == 4
    assert {each["plug"] for each in mine} == {"vlan"}

    cloud.remove(vips[0])
    wait_until(lambda: answers(clients[0], "10.1.0.100") is None, "what is deleted is cut off")
    wait_until(lambda: answers(clients[1], "10.1.0.100") is not None, "the other goes on")


def test_a_subport_that_is_taken_away_comes_back(lab, network, plug, cloud):
    with plugged_trunk(lab) as trunk:
        cloud.device(
            "appliance",
            wiring={"kind": "trunk", "trunk_id": trunk.trunk_id},
            parameters={"data_bridge": APPLIANCE},
        )
        front = network("tenant", "10.1.0.0/24")
        client = plug(front, "10.1.0.10")
        plug(front, "10.1.0.20")
        vip = cloud.balancer(front, members=("10.1.0.20",))
        cloud.wait_active(vip)
        wait_until(lambda: answers(client, vip.address) == "10.1.0.20:80", "the VIP answers")
        path = f"trunks/{trunk.trunk_id}"
        (subport,) = call(lab, "GET", path)["trunk"]["sub_ports"]
        call(lab, "PUT", f"{path}/remove_subports", sub_ports=[{"port_id": subport["port_id"]}])
        wait_until(
            lambda: call(lab, "GET", path)["trunk"]["sub_ports"] != [], "there is a subport again"
        )
        wait_until(
            lambda: answers(client, vip.address) == "10.1.0.20:80", "it answers again", seconds=60
        )
        cloud.close()
