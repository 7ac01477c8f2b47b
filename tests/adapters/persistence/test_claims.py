"""What the databases themselves say to claims that must not be."""

import pytest
from sqlalchemy import text

from adapters.persistence.books import Counter
from adapters.persistence.misuse import BrokenReference
from adapters.persistence.sql import SqlStore, open_sql_store
from adapters.persistence.sql.bulk import Changes
from adapters.persistence.sql.counters import Counters
from core.domain.query import Query
from core.ports.repository import Duplicate
from core.ports.store import StoreConflict
from tests import builders as a
from tests.servers.fixtures import SERVERS

VIPS = (a.uid("lb1"), "vips")


def names(work) -> list[str]:
    return [device.name for device in work.devices.find(Query())]


@pytest.fixture(params=["sqlite", *SERVERS])
def store(request, tmp_path):
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'state.db'}"
    else:
        url = request.getfixturevalue(f"{request.param}_url")
    store: SqlStore = open_sql_store(url)
    yield store
    store.close()


@pytest.fixture
def work(store):
    with store.write() as work:
        work.devices.add(a.a_device())
        work.ledger.set_limits(a.uid("lb1"), {"vips": 5})
        work.bindings.claim([a.a_claim()])
        yield work


def test_no_counter_becomes_negative(work):
    connection = work._session.connection
    with pytest.raises(Exception, match="ck_device_counters_used"):
        connection.execute(text("UPDATE pierhead_device_counters SET used = used - 2"))


@pytest.mark.parametrize(
    "known",
    [
        Counter(used=0, limit=5, stored=True, change=1, most=0),
        Counter(used=1, limit=6, stored=True, change=1, most=5),
        Counter(used=1, limit=6, stored=True, change=0, most=5),
    ],
)
def test_counters_that_others_changed_since_are_not_exceeded(work, known):
    changes = Changes(work._session)
    Counters(work._session).write({VIPS: known}, changes)
    with pytest.raises(StoreConflict, match="not what this unit"):
        changes.send()
    assert work.ledger.usage()[VIPS[0]].used["vips"] == 1


@pytest.mark.parametrize("go_on", [lambda work: work.commit(), names])
def test_claims_that_met_less_than_they_must_fail_with_what_comes_next(work, go_on):
    names(work)
    work.ledger.set_limits(VIPS[0], {})
    with pytest.raises(StoreConflict, match="not what this unit"):  # noqa: PT012  # at either
        changes = Changes(work._session)
        Counters(work._session).write(
            {VIPS: Counter(used=0, limit=5, stored=True, change=1, most=0)}, changes
        )
        changes.defer()
        go_on(work)


def test_a_claim_on_a_device_that_is_not_stored_is_not_committed(work):
    with pytest.raises(BrokenReference):  # noqa: PT012  # at either
        work.bindings.claim([a.a_claim("other", device="nowhere")])
        work.commit()


def test_changes_that_are_deferred_do_not_outlive_their_unit(store):
    with store.write() as work:
        work.devices.add(a.a_device())
        work.commit()
    for _ in range(2):
        with store.write() as work:
            work.bindings.claim([a.a_claim()])
    with store.write() as work:
        assert work.bindings.find(Query()) == []
        assert work.ledger.usage() == {}
        work.bindings.claim([a.a_claim()])
        with pytest.raises(Duplicate):
            work.devices.add(a.a_device())
        work.commit()
    with store.read() as work:
        assert len(work.bindings.find(Query())) == 1


def test_a_position_that_another_program_moved_is_found(work):
    assert work.feed.changed_since(0) == [VIPS[0]]
    work._session.connection.execute(
        text("UPDATE pierhead_fleet_position SET revision = revision + 1")
    )
    work.ledger.set_limits(VIPS[0], {})
    with pytest.raises(StoreConflict, match="not what this unit"):
        work.commit()


def test_a_counter_that_is_as_it_was_is_changed(work):
    changes = Changes(work._session)
    known = Counter(used=1, limit=5, stored=True, change=3, most=1)
    Counters(work._session).write({VIPS: known}, changes)
    changes.send()
    assert work.ledger.usage()[VIPS[0]].used["vips"] == 4


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_small_groups_are_not_planned_anew_each_time(store):
    with store.write() as work:
        work.devices.add(a.a_device())
        work.ledger.set_limits(a.uid("lb1"), {"vips": 50})
        work.commit()
    for at in range(12):
        with store.write() as work:
            work.bindings.claim([a.a_claim(f"web {at}")])
            planned = work._session.connection.exec_driver_sql(
                "SELECT max(custom_plans) FROM pg_prepared_statements"
                " WHERE statement LIKE '%%unnest%%'"
            ).scalar()
            work.commit()
    assert planned == 5
