"""Migrations on databases with servers, which several processes may open at once."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import inspect

from adapters.persistence.sql import SqlStore, StoreUnusable, migrations, open_sql_store
from adapters.persistence.sql.engine import open_engine
from adapters.persistence.sql.tables import METADATA
from tests import builders as a
from tests.adapters.persistence.first_version import (
    check_tables,
    check_what_was_kept,
    constraints,
    fill_as_first_version,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
OPEN = (
    "import sys; from adapters.persistence.sql import open_sql_store; open_sql_store(sys.argv[1])"
)
LONG = 60.0


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request):
    return request.getfixturevalue(f"{request.param}_server")


@pytest.fixture
def url(server):
    url = server.create("fresh")
    yield url
    server.drop("fresh")


@pytest.fixture
def engine(url):
    engine = open_engine(url)
    yield engine
    engine.dispose()


def opened(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OPEN, url], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )


def test_migrated_tables_are_those_in_the_code(server, engine):
    migrations.upgrade(engine)
    check_tables(engine)
    made = open_engine(server.create("made"))
    METADATA.create_all(made)
    assert constraints(engine) == constraints(made)
    made.dispose()
    server.drop("made")


def test_what_the_first_version_stored_is_kept(engine):
    migrations.upgrade(engine, "0001")
    fill_as_first_version(engine)
    migrations.upgrade(engine)
    check_what_was_kept(SqlStore(engine))
    check_tables(engine)


def test_processes_that_start_together_make_the_tables_once(url):
    processes = [opened(url) for _ in range(4)]
    said = [process.communicate(timeout=LONG)[1] for process in processes]
    assert said == [""] * 4
    assert [process.returncode for process in processes] == [0] * 4
    store = open_sql_store(url)
    with store.write() as work:
        work.devices.add(a.a_device())
        work.commit()
    store.close()


def interrupted(url: str, engine, table: str) -> None:
    """Kill a migration once it has made this table."""
    process = opened(url)
    deadline = time.monotonic() + LONG
    while not inspect(engine).has_table(table):
        assert process.poll() is None
        assert time.monotonic() < deadline
    process.kill()
    process.communicate()


def test_a_first_migration_that_was_killed_is_made_again(mariadb_server):
    url = mariadb_server.create("killed")
    engine = open_engine(url)
    interrupted(url, engine, "devices")
    assert not inspect(engine).has_table("reservations")
    open_sql_store(url).close()
    check_tables(engine)
    engine.dispose()
    mariadb_server.drop("killed")


@pytest.mark.parametrize("table", ["device_pools", "fleet_changes"])
def test_a_later_migration_that_was_killed_goes_on(mariadb_server, table):
    url = mariadb_server.create("killed")
    engine = open_engine(url)
    migrations.upgrade(engine, "0001")
    fill_as_first_version(engine)
    interrupted(url, engine, table)
    migrations.upgrade(engine)
    check_what_was_kept(SqlStore(engine))
    check_tables(engine)
    engine.dispose()
    mariadb_server.drop("killed")


def test_tables_of_something_else_are_refused_and_left_alone(engine, url):
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE services (id INTEGER)")
    for _ in range(2):
        with pytest.raises(StoreUnusable, match="services"):
            open_sql_store(url)
    assert inspect(engine).get_table_names() == ["services"]
