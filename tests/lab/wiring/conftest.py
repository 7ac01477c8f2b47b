"""A Neutron with our mechanism driver, reached in both ways, and a network to try things on."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from adapters.network.neutron import NeutronCalls
from adapters.network.neutron.rest import NeutronAccess, RestCalls
from tests.adapters.network.neutron.scenarios import Ground
from tests.lab.config import Choices
from tests.lab.environment import ROOT
from tests.lab.labs import Labs
from tests.lab.networks import call, make_network
from tests.lab.site import NeutronLab
from tests.lab.wiring.in_process import HandedOver, calls_within

CHOICES = Choices(
    mechanism_drivers=("pierhead",),
    api_extensions_path=str(ROOT / "pierhead" / "neutron" / "extensions"),
)
PROJECT = "devices"


class Within:
    """The process inside Neutron, kept as long as its lab."""

    def __init__(self) -> None:
        self._lab: NeutronLab | None = None
        self._running = ExitStack()
        self._calls: HandedOver

    def of(self, lab: NeutronLab) -> HandedOver:
        if lab is not self._lab:
            self.close()
            self._calls = self._running.enter_context(calls_within(lab, PROJECT))
            self._lab = lab
        return self._calls

    def close(self) -> None:
        self._lab = None
        self._running.close()


@pytest.fixture(scope="session")
def within() -> Iterator[Within]:
    running = Within()
    yield running
    running.close()


@pytest.fixture
def lab(labs: Labs) -> NeutronLab:
    """Neutron with our mechanism driver."""
    return labs.get(CHOICES)


@pytest.fixture(params=["rest", "in process"])
def calls(request: pytest.FixtureRequest, lab: NeutronLab, within: Within) -> NeutronCalls:
    if request.param == "rest":
        return RestCalls(NeutronAccess(endpoint=lab.url, project_id=PROJECT, timeout=30.0))
    return within.of(lab)


@pytest.fixture
def trunk_id(lab: NeutronLab) -> Iterator[str]:
    """A trunk whose parent is not plugged in anywhere."""
    network = make_network(lab, "operator", "10.99.0.0/24")
    parent = call(lab, "POST", "ports", port={"network_id": network.network_id})["port"]
    trunk = call(lab, "POST", "trunks", trunk={"port_id": parent["id"]})["trunk"]
    yield trunk["id"]
    call(lab, "DELETE", f"trunks/{trunk['id']}")
    call(lab, "DELETE", f"ports/{parent['id']}")
    call(lab, "DELETE", f"networks/{network.network_id}")


@pytest.fixture
def ground(lab: NeutronLab, calls: NeutronCalls) -> Iterator[Ground]:
    """Neutron refuses to delete a network with a port on it, so this one shows what is left."""
    project = f"tenant-{secrets.token_hex(3)}"
    network = make_network(lab, project, "10.0.0.0/29")
    yield Ground(calls, network.network_id, network.subnet_id, network.cidr, project)
    call(lab, "DELETE", f"networks/{network.network_id}")
