"""Migrations make exactly the tables that the code uses."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from adapters.persistence.sql import SqlStore, StoreUnusable, migrations, open_sql_store
from adapters.persistence.sql.engine import open_engine
from adapters.persistence.sql.migrations import HEAD
from adapters.persistence.sql.migrations.making import VERSION_TABLE, ForeignTables
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

NEUTRONS = Path(__file__).parent / "neutron_29_names.txt"
"""The names of Neutron 29's tables, indexes and constraints, in lower case."""


@pytest.fixture
def engine(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'state.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def migrated(engine):
    """Tables that were changed step by step from the first version on."""
    migrations.upgrade(engine, "0001")
    migrations.upgrade(engine)
    return engine


@pytest.fixture
def made(tmp_path):
    """Tables that were made as the code has them."""
    engine = open_engine(f"sqlite:///{tmp_path / 'made.db'}")
    METADATA.create_all(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("steps", [("0001", HEAD), (HEAD,)])
def test_the_migrated_schema_is_the_one_in_the_code(engine, steps):
    for step in steps:
        migrations.upgrade(engine, step)
    check_tables(engine)
    with SqlStore(engine).write() as work:
        assert work.feed.position().revision == 0
        work.devices.add(a.a_device())
        work.commit()


def test_what_the_first_version_stored_is_kept(engine):
    migrations.upgrade(engine, "0001")
    fill_as_first_version(engine)
    migrations.upgrade(engine)
    with engine.connect() as connection:
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        assert broken == []
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    check_what_was_kept(SqlStore(engine))
    check_tables(engine)


def test_what_the_second_version_stored_is_kept(engine):
    migrations.upgrade(engine, "0002")
    fill_as_second_version(engine)
    migrations.upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
    check_what_the_second_kept(SqlStore(engine))
    check_tables(engine)


def test_what_the_third_version_stored_is_kept(engine):
    migrations.upgrade(engine, "0003")
    fill_as_third_version(engine)
    migrations.upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
    check_what_the_third_kept(SqlStore(engine))
    check_tables(engine)


def test_what_the_fifth_version_stored_is_kept(engine):
    migrations.upgrade(engine, "0005")
    fill_as_fifth_version(engine)
    migrations.upgrade(engine)
    check_what_the_fifth_kept(SqlStore(engine))
    check_tables(engine)


def test_columns_and_constraints_are_the_same(migrated, made):
    assert constraints(migrated) == constraints(made)


def test_indexes_leave_out_the_same_rows(migrated, made):
    assert _rows_of_indexes(migrated) == _rows_of_indexes(made)
    assert _rows_of_indexes(made)["ix_pierhead_services_due_at"] == "due_at IS NOT NULL"


def test_what_every_claim_changes_is_in_no_index():
    """So PostgreSQL need not write into any when a claim joins a network."""
    changed = {"device_counters": {"used"}, "device_networks": {"users", "cidrs"}}
    for label, columns in changed.items():
        table = METADATA.tables[PREFIX + label]
        parts = [table.primary_key.columns, *(index.columns for index in table.indexes)]
        assert columns.isdisjoint(column.name for part in parts for column in part)
        told = [str(index.dialect_options["postgresql"]["where"]) for index in table.indexes]
        assert not any(column in where for column in columns for where in told)


def test_head_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_upgrade_says_nothing_and_again_is_quick(engine, caplog):
    with caplog.at_level(logging.DEBUG):
        migrations.upgrade(engine, "0001")
        migrations.upgrade(engine)
    assert [record for record in caplog.records if record.name.startswith("alembic")] == []
    best = min(_seconds(lambda: migrations.upgrade(engine)) for _ in range(5))
    assert best < 0.03


def _seconds(action) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def test_stores_that_open_together_make_the_tables_once(tmp_path):
    url = f"sqlite:///{tmp_path / 'state.db'}"
    engines = [open_engine(url) for _ in range(3)]
    for engine in engines[:1]:
        migrations.upgrade(engine)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(migrations.upgrade, engines))
    for engine in engines:
        engine.dispose()


def test_a_failed_migration_leaves_nothing(engine):
    migrations.upgrade(engine, "0001")
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {PREFIX}services (id TEXT)")
    before = sorted(inspect(engine).get_table_names())
    with pytest.raises(OperationalError):
        migrations.upgrade(engine)
    assert sorted(inspect(engine).get_table_names()) == before
    assert migrations.current(engine) == "0001"


def test_tables_with_our_names_are_left_alone(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {PREFIX}services (id TEXT)")
    with pytest.raises(ForeignTables, match=f"{PREFIX}services"):
        migrations.upgrade(engine)
    assert inspect(engine).get_table_names() == [f"{PREFIX}services"]


def test_tables_of_another_program_are_no_hindrance(engine):
    add_neighbours(engine)
    (done,) = migrations.upgrade(engine)
    assert done.version == HEAD
    check_tables(engine)
    check_neighbours(engine)


def test_no_name_is_one_of_neutrons():
    theirs = set(NEUTRONS.read_text().split())
    assert {"networks", "agents", "ix_networks_project_id"} <= theirs
    ours = {VERSION_TABLE, f"{VERSION_TABLE}_pkc", *METADATA.tables}
    for table in METADATA.tables.values():
        ours |= {str(part.name) for part in (*table.constraints, *table.indexes)}
    assert {name for name in ours if name.lower() in theirs} == set()


def test_a_directory_that_is_not_there(tmp_path):
    with pytest.raises(StoreUnusable, match="unable to open"):
        open_sql_store(f"sqlite:///{tmp_path / 'nowhere' / 'state.db'}")


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    url = f"sqlite:///{tmp_path / 'state.db'}"
    open_sql_store(url).close()
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0007'")
    with pytest.raises(
        StoreUnusable, match=r"state\.db is of a newer version \(0007\); this Pierhead knows 0006"
    ):
        open_sql_store(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT * FROM {VERSION_TABLE}").scalar()
    engine.dispose()
    assert found == "0007"


def _rows_of_indexes(engine):
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    with engine.connect() as connection:
        found = connection.exec_driver_sql(query).fetchall()
    return {name: sql.partition(" WHERE ")[2] for name, sql in found}
