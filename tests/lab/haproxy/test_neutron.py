"""Ends of wires as Neutron's unmodified agent wires them: ports of the host's own bridge."""

import pytest

from core.domain.binding import Attachment
from core.domain.wiring import Plug
from tests.adapters.devices.haproxy.support import Balancer, member_spec
from tests.lab.haproxy.support import At
from tests.lab.networks import call, machine, make_network, wait_until


def attach(lab, network, device_id):
    """A port for a device on a network, for all addresses of it."""
    port = call(
        lab,
        "POST",
        "ports",
        port={
            "network_id": network.network_id,
            "project_id": "fleet",
            "device_id": device_id,
            "device_owner": "neutron:LOADBALANCER",
            "binding:host_id": lab.host,
            "allowed_address_pairs": [{"ip_address": network.cidr}],
        },
    )["port"]
    (fixed,) = port["fixed_ips"]
    return Attachment(
        device_id=device_id,
        network_id=network.network_id,
        interface="data",
        plug=Plug.PORT,
        host=lab.host,
        port_id=port["id"],
        mac=port["mac_address"],
        mtu=network.mtu,
        addresses=(f"{fixed['ip_address']}/{network.cidr.partition('/')[2]}",),
        cidrs=(network.cidr,),
    )


@pytest.mark.slow
def test_two_tenants_with_the_same_addresses_on_one_device(lab, device):
    device.parameters = {"ovsdb": lab.switch.connection}
    balancers, attachments = [], []
    networks = [
        [make_network(lab, tenant, cidr) for cidr in ("10.0.0.0/24", "10.9.0.0/24")]
        for tenant in ("one", "other")
    ]
    for number, (a, b) in enumerate(networks):
        member = member_spec(At(f"10.9.0.{70 + number}", 80))
        balancer = Balancer(network_id=b.network_id, members=(member,))
        balancer.address, balancer.port = "10.0.0.100", 80
        balancer.vip_network = a.network_id
        balancer.attachments = tuple(attach(lab, each, device.id) for each in (a, b))
        attachments += balancer.attachments
        balancers.append(balancer)
    device.run(*(each.order() for each in balancers))
    for number, (a, b) in enumerate(networks):
        address = f"10.9.0.{70 + number}"
        with machine(lab, a) as client, machine(lab, b, address=address) as member:
            member.serve(address)
            wait_until(lambda c=client: c.reaches("10.0.0.100", 80), "the VIP answers")
            assert client.get("http://10.0.0.100/").text == f"{address}:80\n"
            assert not client.reaches(address, 80)
    status = [call(lab, "GET", f"ports/{each.port_id}")["port"]["status"] for each in attachments]
    assert status == ["ACTIVE"] * 4
    assert device.driver.observe(device.handle).note == ""
    device.driver.retire(device.handle)
    for each in attachments:
        wait_until(
            lambda port=each.port_id: call(lab, "GET", f"ports/{port}")["port"]["status"] == "DOWN",
            "Neutron notices that the device is gone",
        )
