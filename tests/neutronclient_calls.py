"""The LBaaS v1 calls of python-neutronclient, unchanged, against whatever serves them."""

import pytest
from neutronclient.common import exceptions
from neutronclient.v2_0.client import Client


def network_of(neutron: Client, prefix: str) -> str:
    """A subnet whose addresses begin so."""
    network = neutron.create_network({"network": {"name": "web"}})["network"]
    body = {"subnet": {"network_id": network["id"], "cidr": f"{prefix}.0/24", "ip_version": 4}}
    subnet_id: str = neutron.create_subnet(body)["subnet"]["id"]
    return subnet_id


def pool_body(subnet_id: str, name: str) -> dict[str, object]:
    """A POST of a pool."""
    return {
        "subnet_id": subnet_id,
        "name": name,
        "protocol": "HTTP",
        "lb_method": "ROUND_ROBIN",
        "admin_state_up": True,
    }


def every_call(neutron: Client, prefix: str) -> None:
    """Each call of LBaaS v1; addresses begin with `prefix`."""
    subnet_id = network_of(neutron, prefix)
    pool = neutron.create_pool({"pool": pool_body(subnet_id, "p")})["pool"]
    vip = neutron.create_vip(
        {
            "vip": {
                "name": "v",
                "subnet_id": subnet_id,
                "protocol": "HTTP",
                "protocol_port": 80,
                "pool_id": pool["id"],
            }
        }
    )["vip"]
    member = neutron.create_member(
        {"member": {"pool_id": pool["id"], "address": f"{prefix}.9", "protocol_port": 8080}}
    )["member"]
    monitor = neutron.create_health_monitor(
        {"health_monitor": {"type": "HTTP", "delay": 5, "timeout": 3, "max_retries": 2}}
    )["health_monitor"]

    body = {"health_monitor": {"id": monitor["id"]}}
    associated = neutron.associate_health_monitor(pool["id"], body)
    assert associated["health_monitor"] == [monitor["id"]]
    assert neutron.show_pool(pool["id"])["pool"]["health_monitors"] == [monitor["id"]]
    assert neutron.retrieve_pool_stats(pool["id"])["stats"] == {
        "bytes_in": 0,
        "bytes_out": 0,
        "active_connections": 0,
        "total_connections": 0,
    }

    assert neutron.show_vip(vip["id"])["vip"]["pool_id"] == pool["id"]
    assert neutron.show_member(member["id"])["member"]["weight"] == 1
    assert neutron.show_health_monitor(monitor["id"])["health_monitor"]["url_path"] == "/"

    changed = neutron.update_vip(vip["id"], {"vip": {"connection_limit": 100}})
    assert changed["vip"]["connection_limit"] == 100
    neutron.update_pool(pool["id"], {"pool": {"lb_method": "SOURCE_IP"}})
    neutron.update_member(member["id"], {"member": {"weight": 7}})
    neutron.update_health_monitor(monitor["id"], {"health_monitor": {"delay": 9}})
    assert neutron.list_pools()["pools"][0]["lb_method"] == "SOURCE_IP"
    assert neutron.list_members(weight=7)["members"][0]["id"] == member["id"]
    assert neutron.list_members(weight=8)["members"] == []
    assert neutron.list_health_monitors(fields=["delay"])["health_monitors"] == [{"delay": 9}]
    assert [item["name"] for item in neutron.list_vips(name=["v", "w"])["vips"]] == ["v"]

    neutron.disassociate_health_monitor(pool["id"], monitor["id"])
    neutron.delete_health_monitor(monitor["id"])
    neutron.delete_member(member["id"])
    with pytest.raises(exceptions.Conflict):
        neutron.delete_pool(pool["id"])
    neutron.delete_vip(vip["id"])
    assert neutron.list_members()["members"] == []
    assert neutron.list_health_monitors()["health_monitors"] == []


def pages(neutron: Client, prefix: str) -> None:
    """Pages, followed in both directions."""
    subnet_id = network_of(neutron, prefix)
    made = neutron.create_pool({"pools": [pool_body(subnet_id, f"p{n}") for n in range(5)]})
    assert [pool["name"] for pool in made["pools"]] == ["p0", "p1", "p2", "p3", "p4"]

    order = {"sort_key": "name", "sort_dir": "asc", "limit": 2}
    everything = neutron.list_pools(retrieve_all=True, **order)["pools"]
    assert [pool["name"] for pool in everything] == ["p0", "p1", "p2", "p3", "p4"]
    found = list(neutron.list_pools(retrieve_all=False, page_reverse=True, **order))
    assert [[pool["name"] for pool in page["pools"]] for page in found] == [
        ["p3", "p4"],
        ["p1", "p2"],
        ["p0"],
    ]


def errors(neutron: Client) -> None:
    """What is refused is told by the client's own exceptions."""
    with pytest.raises(exceptions.NotFound) as missing:
        neutron.show_vip("00000000-0000-0000-0000-0000000000ff")
    assert "could not be found" in str(missing.value)
    with pytest.raises(exceptions.BadRequest) as bad:
        neutron.create_pool({"pool": {"colour": "red"}})
    assert "colour" in str(bad.value)
    assert bad.value.request_ids[0].startswith("req-")
    assert neutron.show_extension("lbaas")["extension"]["alias"] == "lbaas"
