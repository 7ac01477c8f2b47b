"""A database that cannot do its part is told apart from a defect."""

import resource
import sqlite3

import pytest
from sqlalchemy import event

from adapters.persistence.sql import SqlStore, open_sql_store
from adapters.persistence.sql.engine import open_engine
from core.domain.query import Query
from core.ports.repository import Duplicate
from core.ports.store import StoreConflict, StoreFailure
from tests import builders as a


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "state.db"
    open_sql_store(f"sqlite:///{path}").close()
    return path


def prepared(path, *statements: str) -> SqlStore:
    """A store whose connections begin with these statements."""
    engine = open_engine(f"sqlite:///{path}")

    def prepare(connection, _record) -> None:
        for statement in statements:
            connection.execute(statement)

    event.listen(engine, "connect", prepare)
    return SqlStore(engine)


def fill(store) -> None:
    with store.write() as work:
        for number in range(500):
            work.services.add(a.a_service(f"service-{number}", status_description="x" * 1000))
        work.commit()


def test_a_full_disk(path):
    store = prepared(path, "PRAGMA max_page_count = 1")
    with pytest.raises(StoreFailure, match="database or disk is full"):
        fill(store)
    with store.read() as work:
        assert work.services.count({}) == 0
    store.close()


def test_a_database_that_can_only_be_read(path):
    store = prepared(path, "PRAGMA query_only = ON")
    with pytest.raises(StoreFailure, match="readonly database"):
        fill(store)
    store.close()


def test_a_database_that_another_program_holds(path):
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store = prepared(path, "PRAGMA busy_timeout = 1")
    with pytest.raises(StoreConflict, match="database is locked"), store.write():
        pass
    other.execute("ROLLBACK")
    other.close()
    with store.write() as work:
        work.services.add(a.a_service())
        work.commit()
    store.close()


def test_a_disk_that_fills_up_before_the_commit(path):
    store = prepared(path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with store.write() as work:
        work.services.add(a.a_service())
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        try:
            with pytest.raises(StoreFailure, match="disk"):
                work.commit()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    fill(store)
    with store.read() as work:
        assert work.services.count({}) == 500
    store.close()


def test_a_damaged_database(path):
    store = prepared(path)
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(StoreFailure), store.read() as work:
        work.services.find(Query())
    store.close()


def test_a_broken_rule_is_no_failure_of_the_database(path):
    store = prepared(path)
    with store.write() as work:
        work.services.add(a.a_service())
        with pytest.raises(Duplicate):
            work.services.add(a.a_service())
    store.close()
