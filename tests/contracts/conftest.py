"""Every implementation of each port, so that one suite runs over all of them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.messaging import InProcessBus
from adapters.persistence.memory import MemoryStore
from adapters.persistence.sql import open_sql_store
from adapters.secrets import FernetSecretStore, MemorySecretStore
from core.ports.agent_bus import AgentBus
from core.ports.secret_store import SecretStore
from core.ports.store import Store
from tests.servers.fixtures import SERVERS


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the tables, to copy: making them takes a quarter of a second."""
    path = tmp_path_factory.mktemp("empty") / "state.db"
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


@pytest.fixture(params=[InProcessBus])
def bus(request: pytest.FixtureRequest) -> AgentBus:
    make: Callable[[], AgentBus] = request.param
    return make()
