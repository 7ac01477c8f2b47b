"""Databases are opened as they are, or brought up to date first."""

from pathlib import Path

import pytest
from sqlalchemy import inspect

from adapters.persistence.sql import (
    Migration,
    StoreAhead,
    StoreBehind,
    StoreUnreachable,
    StoreUnusable,
    connect_sql_store,
    migrations,
    open_sql_store,
    status,
    upgrade,
)
from adapters.persistence.sql.engine import open_engine
from adapters.persistence.sql.migrations.making import VERSION_TABLE
from adapters.persistence.sql.tables import PREFIX
from tests import builders as a


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


def at_version(url: str, version: str) -> None:
    engine = open_engine(url)
    migrations.upgrade(engine, version)
    engine.dispose()


def test_a_file_that_is_not_there(path: Path, url: str) -> None:
    for use in (connect_sql_store, status):
        with pytest.raises(StoreUnreachable, match=r"state\.db does not exist"):
            use(url)
    assert not path.exists()


def test_a_database_without_tables(path: Path, url: str) -> None:
    path.touch()
    with pytest.raises(StoreBehind, match="no tables"):
        connect_sql_store(url)
    found = status(url)
    assert found.current is None
    assert found.wanted == migrations.HEAD
    assert [one.version for one in found.pending] == [migrations.HEAD]


def test_a_database_of_something_else(url: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {PREFIX}services (id TEXT)")
    engine.dispose()
    with pytest.raises(StoreUnusable, match="none of Pierhead's"):
        connect_sql_store(url)


def test_a_database_of_an_older_version_is_left_alone(url: str) -> None:
    at_version(url, "0002")
    for _ in range(2):
        with pytest.raises(StoreBehind, match=r"older version \(0002\); .* needs 0006"):
            connect_sql_store(url)
    pending, *_, newest = status(url).pending
    assert newest.version == migrations.HEAD
    assert pending == Migration("0003", pending.description)
    assert pending.description.startswith("What many processes need")
    engine = open_engine(url)
    assert "agent_id" not in {one["name"] for one in inspect(engine).get_columns("devices")}
    engine.dispose()


def test_an_upgrade_says_what_it_did(url: str) -> None:
    at_version(url, "0001")
    assert [one.version for one in upgrade(url)] == ["0002", "0003", "0004", "0005", "0006"]
    assert upgrade(url) == ()
    assert status(url).pending == ()
    assert status(url).current == migrations.HEAD
    store = connect_sql_store(url)
    with store.write() as work:
        work.devices.add(a.a_device())
        work.commit()
    store.close()


def test_a_database_of_a_newer_version(url: str) -> None:
    open_sql_store(url).close()
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0007'")
    engine.dispose()
    for use in (connect_sql_store, open_sql_store, upgrade):
        with pytest.raises(StoreAhead, match=r"newer version \(0007\)"):
            use(url)
    assert status(url).current == "0007"
    assert status(url).pending == ()


@pytest.mark.parametrize("url", ["nonsense", "oracle://x/y", "sqlite"])
def test_urls_that_name_no_database(url: str) -> None:
    with pytest.raises(StoreUnusable):
        connect_sql_store(url)
