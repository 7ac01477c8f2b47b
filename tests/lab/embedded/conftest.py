"""Neutron with Pierhead inside, and an agent with devices in memory beside it."""

import base64
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.config import Choices
from tests.lab.embedded.house import House
from tests.lab.environment import ROOT
from tests.lab.labs import Labs
from tests.lab.site import NeutronLab


class Setup:
    """How Neutron is to be started; the same object, as long as the tests want the same."""

    def __init__(self, folder: Path) -> None:
        self.key = folder / "secret.key"
        self.key.touch(0o600)
        self.key.write_bytes(base64.b64encode(secrets.token_bytes(32)))
        self.settings = folder / "pierhead.toml"
        self.policies = folder / "policy.yaml"
        self.policies.write_text("{}\n")
        self.choices = Choices(
            service_plugins=("pierhead",),
            mechanism_drivers=("pierhead",),
            api_extensions_path=str(ROOT / "pierhead" / "neutron" / "extensions"),
            extra={
                "pierhead": {"config_file": self.settings, "conductor": "rpc-server"},
                "oslo_policy": {"policy_file": self.policies},
            },
        )

    def prepare(self, lab: NeutronLab) -> None:
        """What an operator does before Neutron starts with us inside."""
        self.settings.write_text(
            f'secret_key_file = "{self.key}"\n'
            'drivers = ["memory"]\n'
            "heartbeat_seconds = 0.5\n"
            f'neutron_conf = "{lab.config_files[0]}"\n'
        )
        files = [word for file in lab.config_files for word in ("--neutron-conf", str(file))]
        lab.run(str(lab.python), "-m", "pierhead", "db", "upgrade", *files)


@pytest.fixture(scope="session")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    return Setup(tmp_path_factory.mktemp("embedded"))


@pytest.fixture(scope="session")
def houses() -> dict[int, House]:
    """By the lab that they are in."""
    return {}


@pytest.fixture
def lab(labs: Labs, setup: Setup, houses: dict[int, House]) -> NeutronLab:
    """Neutron with Pierhead inside; its agent is started with it."""
    lab = labs.get(setup.choices, setup.prepare)
    if id(lab) not in houses:
        houses[id(lab)] = House.begin(lab, setup.settings)
    return lab


@pytest.fixture
def house(lab: NeutronLab, houses: dict[int, House]) -> House:
    """Clients of the lab."""
    return houses[id(lab)]


@pytest.fixture
def policies(setup: Setup) -> Iterator[Path]:
    """The file of policies, as it was before afterwards."""
    yield setup.policies
    setup.policies.write_text("{}\n")
