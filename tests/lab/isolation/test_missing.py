"""A Neutron that has neither trunks nor our mechanism driver: who needs them gets nothing."""

import uuid
from collections.abc import Iterator

import pytest

from tests.lab.embedded_site import EmbeddedSite
from tests.lab.isolation.conftest import SETTINGS
from tests.lab.labs import Labs
from tests.lab.networks import wait_until

pytestmark = pytest.mark.slow

BARE = {
    "DEFAULT": {"service_plugins": "pierhead"},
    "ml2": {"mechanism_drivers": "openvswitch"},
}
REASONS = {
    "trunk": "the network service has no trunk extension",
    "physical": "the network service has not loaded Pierhead's mechanism driver",
}


@pytest.fixture(scope="module")
def site(labs: Labs) -> Iterator[EmbeddedSite]:
    labs.close()
    with EmbeddedSite(settings=SETTINGS, extra=BARE) as running:
        running.start_agent().wait_ready()
        yield running
        running.stop()


def test_devices_that_cannot_be_wired_are_not_eligible(cloud, network):
    wirings = {
        "trunk": {"kind": "trunk", "trunk_id": str(uuid.uuid4())},
        "physical": {"kind": "physical", "host": "rack-1"},
    }
    devices = {name: cloud.device(name, wiring=wiring) for name, wiring in wirings.items()}
    for name, device in devices.items():
        shown = lambda device=device: cloud.shown_device(device)["unwirable"]  # noqa: E731
        wait_until(lambda shown=shown: shown() != "", f"{name} is found unfit")
        assert shown() == REASONS[name]
    vip = cloud.balancer(network("tenant", "10.1.0.0/24"))
    cloud.wait_error(vip)
    refusals = cloud.refusals(vip)
    for name, device in devices.items():
        (reason,) = refusals[device]
        assert reason["code"] == "not-wirable"
        assert reason["text"] == f"cannot be wired: {REASONS[name]}"

    good = cloud.device("virtual")
    cloud.wait_active(vip)
    bound = cloud.ask("GET", f"fleet/bindings?service_id={vip.id}")["bindings"]
    assert [each["device_id"] for each in bound] == [good]
