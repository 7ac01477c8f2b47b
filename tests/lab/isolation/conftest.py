"""One site for all tests of this folder that need no other one."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest

from tests.lab.embedded_site import EmbeddedSite
from tests.lab.isolation.cloud import Cloud
from tests.lab.labs import Labs
from tests.lab.netns import Namespace
from tests.lab.networks import TenantNetwork, machine, make_network, wait_until
from tests.lab.site import NeutronLab

SETTINGS = {"heartbeat_seconds": 0.5, "observe_seconds": 0.5, "wiring_audit_seconds": 1.0}

MakeNetwork = Callable[..., TenantNetwork]
Plug = Callable[[TenantNetwork, str], Namespace]


@pytest.fixture(scope="module")
def site(labs: Labs) -> Iterator[EmbeddedSite]:
    """Conductors in Neutron's RPC server, and one agent. Whoever needs another one overrides
    it."""
    labs.close()
    with EmbeddedSite(settings=SETTINGS) as running:
        running.start_agent().wait_ready()
        yield running
        running.stop()


@pytest.fixture
def lab(site: EmbeddedSite) -> NeutronLab:
    return site.lab


@pytest.fixture
def network(lab: NeutronLab) -> Iterator[MakeNetwork]:
    """Makes networks. Neutron deletes them only when no port of anybody is left there."""
    made: list[str] = []

    def make(project: str, cidr: str, *, shared: bool = False) -> TenantNetwork:
        network = make_network(lab, project, cidr, shared=shared)
        made.append(network.network_id)
        return network

    yield make
    for network_id in made:
        wait_until(lambda network_id=network_id: _delete(lab, network_id), "nobody has a port")


def _delete(lab: NeutronLab, network_id: str) -> bool:
    with lab.session() as session:
        answer = session.delete(f"{lab.url}/v2.0/networks/{network_id}", timeout=60)
    assert answer.status_code in (204, 409), answer.text
    return answer.status_code == 204


@pytest.fixture
def plug(lab: NeutronLab, network: MakeNetwork) -> Iterator[Plug]:
    """Plugs machines into networks, with an address, where each serves who asks for it."""
    with ExitStack() as running:

        def make(place: TenantNetwork, address: str) -> Namespace:
            entered: AbstractContextManager[Namespace] = machine(lab, place, address=address)
            plugged = running.enter_context(entered)
            plugged.serve(address)
            return plugged

        yield make


@pytest.fixture
def cloud(site: EmbeddedSite, network: MakeNetwork) -> Iterator[Cloud]:
    """Tenants and an operator, of whom nothing is left afterwards."""
    made = Cloud(site)
    yield made
    made.close()
