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
from adapters.persistence.sql.tables import METADATA
from tests.adapters.persistence.first_version import (
    check_tables,
    check_what_was_kept,
    constraints,
    fill_as_first_version,
)
from tests.adapters.persistence.second_version import (
    check_what_the_second_kept,
    fill_as_second_version,
)


@pytest.fixture
def engine(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'state.db'}")
    yield engine
    engine.dispose()


def test_the_migrated_schema_is_the_one_in_the_code(engine):
    migrations.upgrade(engine)
    check_tables(engine)


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


def test_columns_and_checks_are_the_same(engine, tmp_path):
    migrations.upgrade(engine)
    made = open_engine(f"sqlite:///{tmp_path / 'made.db'}")
    METADATA.create_all(made)
    assert constraints(engine) == constraints(made)
    made.dispose()


def test_head_is_the_newest_migration():
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


def test_upgrade_says_nothing_and_again_is_quick(engine, caplog):
    with caplog.at_level(logging.DEBUG):
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
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE services (id TEXT)")
    with pytest.raises(OperationalError):
        migrations.upgrade(engine)
    assert inspect(engine).get_table_names() == ["services"]


def test_a_directory_that_is_not_there(tmp_path):
    with pytest.raises(StoreUnusable, match="unable to open"):
        open_sql_store(f"sqlite:///{tmp_path / 'nowhere' / 'state.db'}")


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    url = f"sqlite:///{tmp_path / 'state.db'}"
    open_sql_store(url).close()
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '0004'")
    with pytest.raises(
        StoreUnusable, match=r"state\.db is of a newer version \(0004\); this Pierhead knows 0003"
    ):
        open_sql_store(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT * FROM {migrations.VERSION_TABLE}").scalar()
    engine.dispose()
    assert found == "0004"
