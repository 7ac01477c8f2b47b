"""Networks with VLANs, which a switch carries to the device."""

from collections.abc import Iterator

import pytest

from tests.lab.haproxy.lan import SwitchedLan
from tests.lab.labs import Labs
from tests.lab.linux.daemon import DRIVER, eventually
from tests.lab.linux.tenant import BACK, FRONT, VIP, Tenant
from tests.servers.openvswitch import OpenVSwitch, openvswitch

pytestmark = pytest.mark.slow

DATA = "br-data"


@pytest.fixture
def switch(labs: Labs) -> Iterator[OpenVSwitch]:
    # A lab's switch would be in the way.
    labs.close()
    with openvswitch() as running:
        running.add_bridge(DATA)
        yield running


def test_a_device_serves_each_network_under_its_vlan(switch, daemon, lans):
    parameters = {"ovsdb": switch.connection, "data_bridge": DATA}
    device = daemon.make("fleet/devices", name="lb1", driver=DRIVER, parameters=parameters)
    daemon.await_status("fleet/devices", device["id"], "ONLINE")

    def placed(cidr: str, vlan: int) -> tuple[SwitchedLan, int]:
        lan = SwitchedLan(cidr, switch, DATA, vlan)
        lans(lan)
        return lan, vlan

    tenants = [
        Tenant("red", 201, daemon, placed(FRONT, 11), placed(BACK, 12)),
        Tenant("blue", 202, daemon, placed(FRONT, 21), placed(BACK, 22)),
    ]
    red, blue = tenants
    red.balance()
    # The switch takes a moment to know of a new port.
    eventually(lambda: red.client.reaches(VIP, 80))
    assert red.is_served
    assert not blue.client.reaches(VIP, 80)
    blue.balance()
    eventually(lambda: blue.client.reaches(VIP, 80))
    assert [each.is_served for each in tenants] == [True, True]
    assert not red.client.reaches(red.address, 80)
    for each in tenants:
        each.leave()
