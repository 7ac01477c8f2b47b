"""Each call to a real Neutron fails in turn: nothing is left, and doing it again helps."""

import pytest

from core.domain.wiring import DeviceWiring, Site, WiringKind
from tests.adapters.network.neutron.faulty import When
from tests.adapters.network.neutron.scenarios import (
    attach_fails_and_is_repeated,
    attach_fails_and_is_undone,
    detach_fails_and_is_repeated,
    reserve_and_release_fail,
)

whens = pytest.mark.parametrize("when", When)


@pytest.fixture(params=WiringKind)
def site(request, lab, trunk_id) -> Site:
    wirings = {
        WiringKind.VIRTUAL: DeviceWiring(),
        WiringKind.TRUNK: DeviceWiring(kind=WiringKind.TRUNK, trunk_id=trunk_id),
        WiringKind.PHYSICAL: DeviceWiring(kind=WiringKind.PHYSICAL, host="appliance"),
    }
    return Site(device_id="device", wiring=wirings[request.param], host=lab.host)


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
