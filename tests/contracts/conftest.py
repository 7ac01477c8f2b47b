"""Every implementation of each port, so that one suite runs over all of them."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.messaging import InProcessBus
from adapters.messaging.amqp import AmqpAgentBus, AmqpDeadLetters, AmqpServerBus, BusAddress
from adapters.persistence.memory import MemoryStore
from adapters.persistence.sql import open_sql_store
from adapters.persistence.sql.engine import open_engine
from adapters.secrets import FernetSecretStore, MemorySecretStore
from core.ports.agent_bus import AgentBus
from core.ports.secret_store import SecretStore
from core.ports.server_bus import ServerBus
from core.ports.store import Store
from tests.adapters.persistence.neighbours import add_neighbours
from tests.messaging import Ends, until
from tests.servers.fixtures import SERVERS


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the tables, and other programs', to copy."""
    path = tmp_path_factory.mktemp("empty") / "state.db"
    engine = open_engine(f"sqlite:///{path}")
    add_neighbours(engine)
    engine.dispose()
    open_sql_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["memory", "sqlite", *SERVERS])
def store(request: pytest.FixtureRequest, tmp_path: Path, empty_database: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore()
        return
    if request.param == "sqlite":
        shutil.copy(empty_database, tmp_path / "state.db")
        url = f"sqlite:///{tmp_path / 'state.db'}"
    else:
        url = request.getfixturevalue(f"{request.param}_url")
    sql = open_sql_store(url)
    yield sql
    sql.close()


@pytest.fixture(params=[MemorySecretStore, FernetSecretStore])
def secrets(request: pytest.FixtureRequest, tmp_path: Path) -> SecretStore:
    if request.param is MemorySecretStore:
        return MemorySecretStore()
    return FernetSecretStore(tmp_path / "keys")


def in_process_ends() -> Iterator[Ends]:
    bus = InProcessBus()
    yield Ends(server=lambda: bus, agent=bus.agent, dead=bus)


def rabbitmq_ends(url: str, prefix: str) -> Iterator[Ends]:
    address = BusAddress(urls=(url,), prefix=prefix)
    opened: list[AmqpServerBus | AmqpAgentBus] = []

    def ready(bus: AmqpServerBus | AmqpAgentBus) -> Any:
        opened.append(bus)
        until(lambda: bus.connected)
        return bus

    yield Ends(
        server=lambda: ready(AmqpServerBus(address)),
        agent=lambda agent_id: ready(AmqpAgentBus(address, agent_id)),
        dead=AmqpDeadLetters(address),
    )
    for bus in opened:
        bus.close()


@pytest.fixture(params=["in process", pytest.param("rabbitmq", marks=pytest.mark.slow)])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    """All that shares a bus of each kind."""
    if request.param == "in process":
        yield from in_process_ends()
        return
    url = request.getfixturevalue("rabbitmq_url")
    yield from rabbitmq_ends(url, request.getfixturevalue("rabbitmq_prefix"))


@pytest.fixture
def agent(ends: Ends) -> AgentBus:
    return ends.agent("a")


@pytest.fixture
def server(ends: Ends) -> ServerBus:
    return ends.server()
