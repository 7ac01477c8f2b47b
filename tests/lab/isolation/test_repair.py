"""What somebody deletes or changes behind our back comes back, and traffic with it."""

import pytest

from tests.lab.isolation.cloud import answers
from tests.lab.networks import call, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def served(cloud, network, plug):
    """A client, and the address of a VIP that serves it."""
    cloud.device("device")
    front, back = network("tenant", "10.1.0.0/24"), network("tenant", "10.2.0.0/24")
    client = plug(front, "10.1.0.10")
    plug(back, "10.2.0.10")
    vip = cloud.balancer(front, back, ("10.2.0.10",))
    cloud.wait_active(vip)
    wait_until(lambda: answers(client, vip.address) == "10.2.0.10:80", "the VIP answers")
    return client, vip


def ports(lab, **filters):
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return call(lab, "GET", f"ports?{query}")["ports"]


def device_ports(lab):
    return [each for each in ports(lab) if each["name"].startswith("pierhead-device-")]


@pytest.mark.parametrize("side", [0, 1], ids=["VIP's", "members'"])
def test_a_devices_port_that_is_deleted_is_made_again(lab, served, side):
    client, vip = served
    network = "10.1.0." if side == 0 else "10.2.0."
    port = next(
        each for each in device_ports(lab) if each["fixed_ips"][0]["ip_address"].startswith(network)
    )
    call(lab, "DELETE", f"ports/{port['id']}")
    wait_until(
        lambda: (
            port["id"] not in {each["id"] for each in device_ports(lab)}
            and len(device_ports(lab)) == 2
        ),
        "the port is made again",
    )
    wait_until(
        lambda: answers(client, vip.address) == "10.2.0.10:80", "traffic flows again", seconds=60
    )


def test_a_vips_port_that_an_operator_deletes_is_made_again(lab, served):
    client, vip = served
    (port,) = ports(lab, device_id=vip.id)
    call(lab, "DELETE", f"ports/{port['id']}")
    wait_until(lambda: ports(lab, device_id=vip.id) != [], "the port is made again")
    (again,) = ports(lab, device_id=vip.id)
    assert again["fixed_ips"] == port["fixed_ips"]
    assert answers(client, vip.address) == "10.2.0.10:80"


def test_its_tenant_cannot_delete_a_vips_port(lab, cloud, served):
    client, vip = served
    (port,) = ports(lab, device_id=vip.id)
    assert cloud.send("DELETE", f"ports/{port['id']}", vip.project).status_code == 409
    assert answers(client, vip.address) == "10.2.0.10:80"


@pytest.mark.parametrize(
    "change",
    [{"allowed_address_pairs": []}, {"binding:host_id": "elsewhere"}, {"admin_state_up": False}],
    ids=["address pairs", "host", "state"],
)
def test_a_port_that_is_changed_is_put_right(lab, cloud, served, change):
    client, vip = served
    for port in device_ports(lab):
        call(lab, "PUT", f"ports/{port['id']}", port=change)
    wait_until(
        lambda: (
            all(each["allowed_address_pairs"] for each in device_ports(lab))
            and all(each["binding:host_id"] == lab.host for each in device_ports(lab))
            and all(each["admin_state_up"] for each in device_ports(lab))
        ),
        "the ports are put right",
    )
    wait_until(
        lambda: answers(client, vip.address) == "10.2.0.10:80", "traffic flows again", seconds=60
    )


def test_a_port_that_belongs_to_nothing_is_removed(lab, served):
    client, vip = served
    port = device_ports(lab)[0]
    name = "pierhead-device-00000000-0000-4000-8000-000000000000"
    orphan = call(
        lab,
        "POST",
        "ports",
        port={
            "name": name,
            "project_id": port["project_id"],
            "network_id": port["network_id"],
            "device_owner": "neutron:LOADBALANCER",
        },
    )["port"]
    wait_until(
        lambda: orphan["id"] not in {each["id"] for each in ports(lab)}, "the orphan is removed"
    )
    assert answers(client, vip.address) == "10.2.0.10:80"
