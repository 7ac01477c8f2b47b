"""Every deployment is complete: no port is left without an adapter."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from dependency_injector import providers

from adapters.messaging.amqp import BusAddress
from adapters.persistence.memory import MemoryStore
from adapters.secrets import MemorySecretStore
from core.usecases.agent.identity import AgentIdentity
from pierhead.containers.agent import AgentRole
from pierhead.containers.all_in_one import AllInOne
from pierhead.containers.memory import Memory
from pierhead.containers.split import Server
from pierhead.drivers import load_drivers
from pierhead.settings import Settings
from pierhead.state_dir import StateDir

NOWHERE = BusAddress(urls=("amqp://127.0.0.1:1/",))


def parts(container) -> list[object]:
    """One of everything that is made once."""
    kinds = (providers.Singleton, providers.Dict, providers.Callable)
    return [each() for each in container.traverse(types=kinds)]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDir]:
    with StateDir.open(tmp_path) as state:
        yield state


def test_memory():
    container = Memory()
    container.check_dependencies()
    container.core.check_dependencies()
    container.agency.check_dependencies()
    assert None not in parts(container)


def test_all_in_one(state):
    container = AllInOne(
        settings=Settings(state_dir=str(state.path)),
        state=state,
        plugins=load_drivers(["haproxy", "memory"]),
        own=[("127.0.0.1", 9797)],
    )
    container.check_dependencies()
    container.core.check_dependencies()
    container.agency.check_dependencies()
    with closing(container.store()):
        assert None not in parts(container)
        container.agency.agent().close(stop_devices=False)


@pytest.mark.parametrize("conducts", [False, True])
def test_the_servers_side_of_a_split_deployment(conducts):
    container = Server(
        settings=Settings(),
        plugins=load_drivers(["haproxy", "memory"]),
        store=MemoryStore(),
        secrets=MemorySecretStore(),
        address=NOWHERE,
        conducts=conducts,
        own=(),
    )
    container.check_dependencies()
    container.core.check_dependencies()
    with closing(container.bus()), closing(container.doorbell()):
        assert None not in parts(container)


def test_the_agents_side_of_a_split_deployment(state):
    container = AgentRole(
        settings=Settings(),
        identity=AgentIdentity(id="one", host="here", version="1"),
        plugins=load_drivers(["haproxy", "memory"]),
        state=state,
        address=NOWHERE,
    )
    container.check_dependencies()
    container.agency.check_dependencies()
    with closing(container.bus()):
        assert None not in parts(container)
        container.agency.agent().close(stop_devices=False)


def test_what_is_missing_would_be_noticed(state):
    container = AgentRole(settings=Settings(), plugins={}, state=state, address=NOWHERE)
    with pytest.raises(Exception, match="identity"):
        container.check_dependencies()
