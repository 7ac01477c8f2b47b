"""Neutron's ports that are ours, and those that are not."""

from tests.lab.networks import wait_until


def test_a_tenant_cannot_delete_the_port_of_his_vip(house):
    tenant = house.tenant()
    vip = tenant.vip(tenant.pool(tenant.subnet()))
    path = f"ports/{vip['port_id']}"
    assert tenant.refusal("DELETE", path) == (409, "ServicePortInUse")
    assert tenant.get(path)["port"]["id"] == vip["port_id"]
    tenant.delete(f"lb/vips/{vip['id']}")
    tenant.wait_gone(vip["id"])
    wait_until(lambda: tenant.ask("GET", path).status_code == 404, "the port is gone")


def test_ports_of_his_own_are_his_to_delete(house):
    tenant = house.tenant()
    subnet = tenant.get(f"subnets/{tenant.subnet()}")["subnet"]
    port = tenant.make("ports", "port", network_id=subnet["network_id"], name="pierhead-vip-mine")
    tenant.delete(f"ports/{port['id']}")


def test_the_mechanism_driver_binds_ports_of_physical_devices_and_no_others(house):
    operator = house.operator
    network = operator.make("networks", "network", name="segment")
    wanted = {
        "network_id": network["id"],
        "binding:host_id": "rack-7",
        "binding:vnic_type": "baremetal",
    }
    ours = operator.make("ports", "port", **wanted, device_owner="neutron:LOADBALANCER")
    path = f"ports/{ours['id']}"
    wait_until(lambda: operator.get(path)["port"]["status"] == "ACTIVE", "the port is ACTIVE")
    assert ours["binding:vif_type"] == "other"
    vlan = ours["binding:vif_details"]["vlan"]
    assert str(vlan) == str(network["provider:segmentation_id"])
    theirs = operator.make("ports", "port", **wanted, device_owner="baremetal:none")
    assert theirs["binding:vif_type"] == "binding_failed"
    for port in (ours, theirs):
        operator.delete(f"ports/{port['id']}")
    operator.delete(f"networks/{network['id']}")


def test_the_extensions_tell_what_is_there(house):
    aliases = {each["alias"] for each in house.tenant().get("extensions")["extensions"]}
    assert {"lbaas", "lbaas_agent_scheduler", "fleet", "pierhead-ml2"} <= aliases


def test_a_port_that_somebody_deletes_is_made_again(house):
    operator, tenant = house.operator, house.tenant()
    vip = tenant.vip(tenant.pool(tenant.subnet()))
    tenant.wait_active(vip["id"])
    network = tenant.get(f"ports/{vip['port_id']}")["port"]["network_id"]

    def wires() -> list[str]:
        found = operator.get(f"ports?network_id={network}&device_id={house.device}")["ports"]
        return [each["id"] for each in found]

    (lost,) = wires()
    operator.delete(f"ports/{lost}")
    wait_until(lambda: len(set(wires()) - {lost}) == 1, "the device has another port")
    operator.delete(f"ports/{vip['port_id']}")

    def restored() -> bool:
        port_id = tenant.get(f"lb/vips/{vip['id']}")["vip"]["port_id"]
        return bool(port_id != vip["port_id"] and tenant.ask("GET", f"ports/{port_id}").ok)

    wait_until(restored, "the VIP has another port")
    tenant.delete(f"lb/vips/{vip['id']}")
    tenant.wait_gone(vip["id"])
