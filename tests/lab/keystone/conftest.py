"""Neutron with Keystone and with Pierhead inside; a conductor and an agent beside it."""

from collections.abc import Iterator

import pytest

from tests.lab.embedded.house import House
from tests.lab.embedded_site import OWN, EmbeddedSite
from tests.lab.identity import Keystone
from tests.lab.process import LabProcess
from tests.lab.site import NeutronLab


@pytest.fixture(scope="session")
def site() -> Iterator[EmbeddedSite]:
    settings = {"heartbeat_seconds": 0.5, "wiring_audit_seconds": 1}
    with EmbeddedSite(drivers=["memory"], conductor=OWN, keystone=True, settings=settings) as made:
        yield made


@pytest.fixture(scope="session")
def conductor(site: EmbeddedSite) -> LabProcess:
    """Logs in with the credentials in its clouds.yaml."""
    return site.start_conductor().wait_ready()


@pytest.fixture(scope="session")
def house(site: EmbeddedSite, conductor: LabProcess) -> House:
    """Clients, each of which has a token."""
    return House.begin(site.lab, site.config_file)


@pytest.fixture
def lab(site: EmbeddedSite) -> NeutronLab:
    return site.lab


@pytest.fixture
def keystone(site: EmbeddedSite) -> Keystone:
    return site.lab.keystone
