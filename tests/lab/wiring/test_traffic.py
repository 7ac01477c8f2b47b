"""Packets pass between a device of each kind and the tenants' networks, and nowhere else."""

from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from adapters.network.neutron import NeutronIpam, NeutronWirer
from core.domain.wiring import DeviceWiring, Site, WiringKind
from tests.lab.config import PHYSICAL_BRIDGE
from tests.lab.networks import call, machine, make_network, wait_until
from tests.lab.wiring.appliances import APPLIANCE, plugged, plugged_trunk

CIDR = "10.0.0.0/24"
MEMBER = "10.0.0.50"


@pytest.fixture(params=WiringKind)
def wired(request, lab) -> Iterator[tuple[Site, str]]:
    """A device, and the bridge that carries its VLANs."""
    with ExitStack() as stack:
        bridge = PHYSICAL_BRIDGE
        wiring = DeviceWiring(kind=request.param)
        if request.param is WiringKind.PHYSICAL:
            wiring = DeviceWiring(kind=request.param, host="appliance")
        if request.param is WiringKind.TRUNK:
            trunk = stack.enter_context(plugged_trunk(lab))
            wiring = DeviceWiring(kind=request.param, trunk_id=trunk.trunk_id)
            bridge = APPLIANCE
        yield Site(device_id=str(uuid4()), wiring=wiring, host=lab.host), bridge


def test_a_device_serves_two_tenants_with_the_same_addresses_apart(lab, calls, wired):
    site, bridge = wired
    wirer, ipam = NeutronWirer(calls), NeutronIpam(calls)
    one, other = (make_network(lab, project, CIDR) for project in ("one", "other"))
    with ExitStack() as stack:
        attached = {}
        for network, port in ((one, 8001), (other, 8002)):
            stack.callback(call, lab, "DELETE", f"networks/{network.network_id}")
            stack.callback(wirer.detach, site, network.network_id)
            attached[port] = wirer.attach(site, network.network_id, "eth1", [CIDR])
        ours, theirs = (
            stack.enter_context(plugged(lab, attachment, bridge))
            for attachment in attached.values()
        )
        client = stack.enter_context(machine(lab, one, address=MEMBER))
        stranger = stack.enter_context(machine(lab, other, address=MEMBER))
        client.serve(MEMBER, 8001)
        stranger.serve(MEMBER, 8002)
        wait_until(lambda: ours.reaches(MEMBER, 8001), "the device reaches a member of one")
        wait_until(lambda: theirs.reaches(MEMBER, 8002), "and one of the other")
        assert not ours.reaches(MEMBER, 8002)
        assert not theirs.reaches(MEMBER, 8001)

        vip = ipam.reserve_address(one.subnet_id, None, "service", "one").address
        stack.callback(ipam.release_address, "service")
        ours.add_address(f"{vip}/32")
        ours.serve(vip)
        wait_until(lambda: client.reaches(vip, 80), "a client reaches the VIP")
        assert not stranger.reaches(vip, 80)

        if site.wiring.kind is not WiringKind.PHYSICAL:
            # Whoever programs the switches cuts that one off.
            wirer.detach(site, one.network_id)
            wait_until(lambda: not client.reaches(vip, 80), "what is detached is cut off")
        assert theirs.reaches(MEMBER, 8002)
