"""Migrations on databases with servers, which several processes may open at once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect

from adapters.persistence.sql import (
    SqlStore,
    StoreAhead,
    StoreBehind,
    StoreUnusable,
    connect_sql_store,
    migrations,
    open_sql_store,
    status,
    upgrade,
)
from adapters.persistence.sql.engine import open_engine
from adapters.persistence.sql.migrations import HEAD
from adapters.persistence.sql.migrations.making import VERSION_TABLE
from adapters.persistence.sql.tables import METADATA, PREFIX
from tests import builders as a
from tests.adapters.persistence.fifth_version import (
    check_what_the_fifth_kept,
    fill_as_fifth_version,
)
from tests.adapters.persistence.first_version import (
    check_tables,
    check_what_was_kept,
    constraints,
    fill_as_first_version,
)
from tests.adapters.persistence.neighbours import add_neighbours, check_neighbours
from tests.adapters.persistence.second_version import (
    check_what_the_second_kept,
    fill_as_second_version,
)
from tests.adapters.persistence.third_version import (
    check_what_the_third_kept,
    fill_as_third_version,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
UPGRADE = (
    "import sys; from adapters.persistence.sql import upgrade; "
    "print(*(one.version for one in upgrade(sys.argv[1])))"
)
OPEN = (
    "import sys; from adapters.persistence.sql import open_sql_store; open_sql_store(sys.argv[1])"
)
OPEN_AND_DIE = """
import os, re, signal, sys
from sqlalchemy import Engine, event
from adapters.persistence.sql import open_sql_store

@event.listens_for(Engine, "after_cursor_execute")
def die(connection, cursor, statement, parameters, context, executemany):
    if re.search(sys.argv[2], statement):
        os.kill(os.getpid(), signal.SIGKILL)

open_sql_store(sys.argv[1])
"""
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
    migrations.upgrade(engine, "0001")
    migrations.upgrade(engine)
    check_tables(engine)
    made = open_engine(server.create("made"))
    METADATA.create_all(made)
    assert constraints(engine) == constraints(made)
    assert _roomy(engine) == _roomy(made)
    made.dispose()
    server.drop("made")


def _roomy(engine):
    """The tables whose pages are not filled up, in PostgreSQL."""
    if engine.dialect.name != "postgresql":
        return None
    told = (
        "SELECT relname, reloptions FROM pg_class WHERE reloptions IS NOT NULL"
        f" AND starts_with(relname, '{PREFIX}') ORDER BY relname"
    )
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.exec_driver_sql(told)]
    assert [name for name, _ in found] == [f"{PREFIX}device_counters", f"{PREFIX}device_networks"]
    return found


def test_what_the_first_version_stored_is_kept(engine):
    migrations.upgrade(engine, "0001")
    fill_as_first_version(engine)
    migrations.upgrade(engine)
    check_what_was_kept(SqlStore(engine))
    check_tables(engine)


def test_what_the_second_version_stored_is_kept(engine):
    migrations.upgrade(engine, "0002")
    fill_as_second_version(engine)
    migrations.upgrade(engine)
    check_what_the_second_kept(SqlStore(engine))
    check_tables(engine)


def test_what_the_third_version_stored_is_kept(engine):
    migrations.upgrade(engine, "0003")
    fill_as_third_version(engine)
    migrations.upgrade(engine)
    check_what_the_third_kept(SqlStore(engine))
    check_tables(engine)


def test_what_the_fifth_version_stored_is_kept(engine):
    migrations.upgrade(engine, "0005")
    fill_as_fifth_version(engine)
    migrations.upgrade(engine)
    check_what_the_fifth_kept(SqlStore(engine))
    check_tables(engine)


def test_tables_of_another_program_are_no_hindrance(url, engine):
    add_neighbours(engine)
    with pytest.raises(StoreBehind, match="no tables yet"):
        connect_sql_store(url)
    (done,) = upgrade(url)
    assert done.version == HEAD
    check_tables(engine)
    check_neighbours(engine)


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


def killed_after(url: str, statement: str) -> None:
    """Have a process migrate a database, and die once it has executed such a statement."""
    command = [sys.executable, "-c", OPEN_AND_DIE, url, statement]
    done = subprocess.run(command, cwd=ROOT, check=False, timeout=LONG)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("statement", ["alembic_version", "devices", "subnets"])
def test_a_first_migration_that_was_killed_is_made_again(mariadb_server, statement):
    url = mariadb_server.create("killed")
    engine = open_engine(url)
    add_neighbours(engine)
    killed_after(url, f"CREATE TABLE {PREFIX}{statement}")
    assert not inspect(engine).has_table(f"{PREFIX}reservations")
    with pytest.raises(StoreBehind, match="no tables yet"):
        connect_sql_store(url)
    open_sql_store(url).close()
    check_tables(engine)
    check_neighbours(engine)
    engine.dispose()
    mariadb_server.drop("killed")


@pytest.mark.parametrize("table", ["device_pools", "fleet_changes"])
def test_a_later_migration_that_was_killed_goes_on(mariadb_server, table):
    url = mariadb_server.create("killed")
    engine = open_engine(url)
    migrations.upgrade(engine, "0001")
    fill_as_first_version(engine)
    killed_after(url, f"CREATE TABLE (IF NOT EXISTS )?{table}")
    migrations.upgrade(engine)
    check_what_was_kept(SqlStore(engine))
    check_tables(engine)
    engine.dispose()
    mariadb_server.drop("killed")


@pytest.mark.parametrize("column", ["agent_id", "releasing", "floor", "traceparent"])
def test_the_third_migration_that_was_killed_goes_on(mariadb_server, column):
    url = mariadb_server.create("killed")
    engine = open_engine(url)
    migrations.upgrade(engine, "0002")
    fill_as_second_version(engine)
    killed_after(url, f"ADD COLUMN {column}")
    migrations.upgrade(engine)
    check_what_the_second_kept(SqlStore(engine))
    check_tables(engine)
    engine.dispose()
    mariadb_server.drop("killed")


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE devices RENAME",
        "ADD COLUMN unwirable",
        "MODIFY wiring",
        "ADD CONSTRAINT uq_",
        "RENAME INDEX ix_devices_due_at",
    ],
)
def test_the_newest_migration_that_was_killed_goes_on(mariadb_server, statement):
    url = mariadb_server.create("killed")
    engine = open_engine(url)
    migrations.upgrade(engine, "0003")
    fill_as_third_version(engine)
    killed_after(url, statement)
    migrations.upgrade(engine)
    check_what_the_third_kept(SqlStore(engine))
    check_tables(engine)
    engine.dispose()
    mariadb_server.drop("killed")


def test_processes_that_upgrade_together_do_it_once(url, engine):
    migrations.upgrade(engine, "0002")
    fill_as_second_version(engine)
    engine.dispose()
    command = [sys.executable, "-c", UPGRADE, url]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    said = [process.communicate(timeout=LONG)[0] for process in processes]
    assert sorted(said) == ["\n"] * 3 + ["0003 0004 0005 0006\n"]
    check_what_the_second_kept(SqlStore(engine))


def test_a_database_that_is_behind_or_ahead(url, engine):
    with pytest.raises(StoreBehind, match="no tables"):
        connect_sql_store(url)
    migrations.upgrade(engine, "0002")
    with pytest.raises(StoreBehind, match=r"older version \(0002\)"):
        connect_sql_store(url)
    assert status(url).current == "0002"
    upgrade(url)
    connect_sql_store(url).close()
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0009'")
    for use in (connect_sql_store, open_sql_store, upgrade):
        with pytest.raises(StoreAhead, match=r"newer version \(0009\)"):
            use(url)
    engine.dispose()


def test_tables_of_something_else_are_refused_and_left_alone(engine, url):
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {PREFIX}services (id INTEGER)")
    for _ in range(2):
        with pytest.raises(StoreUnusable, match=f"{PREFIX}services"):
            open_sql_store(url)
    assert inspect(engine).get_table_names() == [f"{PREFIX}services"]
