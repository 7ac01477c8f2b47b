"""How SQLite files are opened and shared."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.persistence.sql import open_sql_store
from adapters.persistence.sql.engine import open_engine
from core.domain.query import Query
from tests import builders as a


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.db"


@pytest.fixture
def store(path):
    store = open_sql_store(f"sqlite:///{path}")
    yield store
    store.close()


def test_commits_reach_the_disk_and_references_hold(path):
    engine = open_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    engine.dispose()
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_write_unit_has_the_lock_from_its_beginning(store, path):
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    with store.write(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    with store.read():
        other.execute("BEGIN IMMEDIATE")
    other.close()


def test_two_stores_on_one_file_lose_no_update(store, path):
    """As two processes would."""
    second = open_sql_store(f"sqlite:///{path}")
    with store.write() as work:
        work.services.add(a.a_service())
        work.commit()

    def count_up(one) -> None:
        for _ in range(15):
            with one.write() as work:
                attempts = work.services.get(a.uid("service")).attempts
                work.services.save(a.a_service(attempts=attempts + 1))
                work.commit()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(count_up, (store, second)))
    with second.read() as work:
        assert work.services.get(a.uid("service")).attempts == 30
    second.close()


def test_a_store_opened_again_has_everything(store, path):
    with store.write() as work:
        work.devices.add(a.a_device())
        work.bindings.claim([a.a_claim()])
        work.commit()
    store.close()
    again = open_sql_store(f"sqlite:///{path}")
    with again.read() as work:
        assert work.bindings.find(Query()) == [a.a_binding()]
        assert work.ledger.usage()[a.uid("lb1")].used == {"vips": 1, "vlans:eth1": 1}
    again.close()


def test_more_ids_than_one_statement_takes(store):
    with store.write() as work:
        many = [f"s{number}" for number in range(12_000)]
        work.observations.put({one: {"number": one} for one in many})
        assert work.observations.of([*many, "unknown"]) == {one: {"number": one} for one in many}
