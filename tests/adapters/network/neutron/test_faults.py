"""Each call to Neutron fails in turn: nothing is left over, and doing it again helps."""

import pytest

from adapters.network.neutron import CallFailure
from adapters.network.neutron.faults import told_to_tenants
from core.domain.wiring import DeviceWiring, Site, WiringKind
from core.ports.network_wirer import WiringFailure
from tests.adapters.network.neutron.double import HOST, SWITCHED, NeutronDouble
from tests.adapters.network.neutron.faulty import When
from tests.adapters.network.neutron.scenarios import (
    Ground,
    attach_fails_and_is_repeated,
    attach_fails_and_is_undone,
    detach_fails_and_is_repeated,
    reserve_and_release_fail,
)

SITES = [
    Site(device_id="device", wiring=DeviceWiring(), host=HOST),
    Site(
        device_id="device",
        wiring=DeviceWiring(kind=WiringKind.TRUNK, trunk_id="trunk"),
        host=None,
    ),
    Site(
        device_id="device",
        wiring=DeviceWiring(kind=WiringKind.PHYSICAL, host=SWITCHED),
        host=None,
    ),
]
sites = pytest.mark.parametrize("site", SITES, ids=lambda site: site.wiring.kind)
whens = pytest.mark.parametrize("when", When)


@pytest.fixture(params=[True, False], ids=["agent looks", "agent is away"])
def ground(request) -> Ground:
    double = NeutronDouble(agent_looks=request.param)
    (subnet_id,) = double.add_network("net", "10.0.0.0/29")
    double.add_trunk("trunk")
    return Ground(double, "net", subnet_id, "10.0.0.0/29", "alice")


@sites
@whens
@pytest.mark.parametrize(
    "scenario",
    [attach_fails_and_is_repeated, attach_fails_and_is_undone, detach_fails_and_is_repeated],
)
def test_whatever_call_of_wiring_fails(ground, site, when, scenario):
    assert scenario(ground, site, when) >= 2


@whens
@pytest.mark.parametrize("address", [None, "10.0.0.5"])
def test_whatever_call_of_a_reservation_fails(ground, when, address):
    assert reserve_and_release_fail(ground, address, when) >= 5


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (CallFailure("ConnectTimeout", None, "http://h"), "the network service did not answer"),
        (CallFailure("X", 500, "http://h"), "the network service failed (HTTP 500)"),
        (CallFailure("X", 503, "http://h"), "the network service failed (HTTP 503)"),
        (
            CallFailure("Unauthorized", 401, "u:p"),
            "the network service refuses Pierhead's own credentials",
        ),
        (
            CallFailure("PolicyNotAuthorized", 403),
            "the network service refuses Pierhead's own credentials",
        ),
        (
            CallFailure("OverQuota", 409),
            "Pierhead's own project has no more ports left in the network service",
        ),
        (CallFailure("NetworkInUse", 409), "the network service refuses it: NetworkInUse"),
    ],
)
def test_tenants_read_what_happened_and_the_log_the_details(failure, words, caplog):
    with pytest.raises(WiringFailure) as told, told_to_tenants():
        raise failure
    assert str(told.value) == words
    assert failure.detail in caplog.text
    assert failure.type in caplog.text
