"""What must not be wired is refused, with the reason."""

import pytest

from tests.lab.isolation.cloud import answers
from tests.lab.networks import wait_until

pytestmark = pytest.mark.slow


def vip_on(subnet_id: str) -> dict[str, object]:
    return {"name": "vip", "subnet_id": subnet_id, "protocol": "HTTP", "protocol_port": 80}


def test_a_subnet_of_another_tenant_is_not_there_and_a_shared_one_is(cloud, network):
    cloud.device("device")
    strange = network("one", "10.1.0.0/24")
    shared = network("one", "10.2.0.0/24", shared=True)
    pool = {
        "name": "pool",
        "subnet_id": shared.subnet_id,
        "protocol": "HTTP",
        "lb_method": "ROUND_ROBIN",
    }
    made = cloud.ask("POST", "lb/pools", "other", pool=pool)["pool"]
    vip = {**vip_on(strange.subnet_id), "pool_id": made["id"]}
    refused = cloud.send("POST", "lb/vips", "other", vip=vip)
    assert refused.status_code == 404
    assert refused.json()["NeutronError"]["type"] == "SubnetNotFound"
    pool = {**pool, "subnet_id": strange.subnet_id}
    assert cloud.send("POST", "lb/pools", "other", pool=pool).status_code == 404
    cloud.ask("DELETE", f"lb/pools/{made['id']}", "other")
    cloud.wait_active(cloud.balancer(shared, project="other"))


def test_a_device_is_attached_to_as_many_networks_as_its_limit_says(cloud, network, plug):
    device = cloud.device("small", limits={"vlans:data": 2})
    front, back = network("tenant", "10.1.0.0/24"), network("tenant", "10.2.0.0/24")
    third = network("tenant", "10.3.0.0/24")
    client = plug(front, "10.1.0.10")
    plug(back, "10.2.0.10")
    first = cloud.balancer(front, back, ("10.2.0.10",))
    cloud.wait_active(first)
    one_more = cloud.balancer(third)
    assert "1 full" in cloud.wait_error(one_more)
    (reason,) = cloud.refusals(one_more)[device]
    assert reason["code"] == "limit-reached"
    assert reason["text"] == "vlans:data: 1 wanted, 0 left of 2"
    again = cloud.balancer(front, back, ("10.2.0.10",))
    cloud.wait_active(again)
    wait_until(lambda: answers(client, again.address) == "10.2.0.10:80", "a network that is there")

    cloud.remove(first, again)
    cloud.wait_active(one_more)


def test_overlapping_addresses_do_not_meet_where_they_are_not_kept_apart(cloud, network):
    device = cloud.device("flat", isolates_overlapping=False)
    one, other = network("one", "10.1.0.0/24"), network("other", "10.1.0.0/25")
    first = cloud.balancer(one)
    cloud.wait_active(first)
    second = cloud.balancer(other)
    cloud.wait_error(second)
    (reason,) = cloud.refusals(second)[device]
    assert reason["code"] == "overlapping-addresses"
    assert reason["text"] == f"10.1.0.0/25 overlaps 10.1.0.0/24 of network {one.network_id}"
    cloud.remove(first)
    cloud.wait_active(second)
