"""SQL answers every query as `core.domain.query.evaluate` does."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.persistence.memory import MemoryStore
from adapters.persistence.sql import open_sql_store
from core.domain.device import AdminState, Device, DeviceStatus
from core.domain.query import Query, Sort, UnknownMarker, evaluate
from tests import builders as a

WORDS = st.sampled_from(["", "a", "A", "b", "é", "a ", "1", "\U0001f600", "\uffff"])
TIMES = st.sampled_from([-1.5, 0.0, 1.0, 2.25, 1e12])
FIELDS = {
    "zone": st.none() | WORDS,
    "status_reason": WORDS,
    "unwirable": WORDS,
    "project_id": st.none() | WORDS,
    "admin_state": st.sampled_from(AdminState),
    "status": st.sampled_from(DeviceStatus),
    "generation": st.sampled_from([1, 2, 10, 2**40]),
    "removing": st.booleans(),
    "due_at": st.none() | TIMES,
}
DEVICES = st.lists(st.fixed_dictionaries(FIELDS), max_size=12).map(
    lambda rows: [a.a_device(f"lb{at}", id=f"id{at:02}", **row) for at, row in enumerate(rows)]
)
KEYS = st.sampled_from(sorted(FIELDS))
STRANGE = st.sampled_from([None, True, False, 0, 1, 1.0, 2**70, "1", "ONLINE", "enabled", 1e400])
IDS = st.integers(0, 13).map("id{:02}".format)


@st.composite
def queries(draw):
    filters = {
        key: tuple(draw(st.lists(FIELDS[key] | STRANGE, max_size=4)))
        for key in draw(st.lists(KEYS, max_size=2, unique=True))
    }
    if draw(st.booleans()) and draw(st.booleans()):
        filters["id"] = tuple(draw(st.lists(IDS, max_size=5)))
    keys = draw(st.lists(KEYS | st.just("id"), max_size=3))
    return Query(
        filters=filters,
        sort=tuple(Sort(key, draw(st.booleans())) for key in keys),
        limit=draw(st.none() | st.integers(0, 5)),
        marker=draw(st.none() | IDS),
        reverse=draw(st.booleans()),
    )


@pytest.fixture(scope="module")
def sql_store(tmp_path_factory):
    store = open_sql_store(f"sqlite:///{tmp_path_factory.mktemp('queries') / 'state.db'}")
    yield store
    store.close()


def answer(ask):
    try:
        return ask()
    except UnknownMarker:
        return "unknown marker"


def types(devices: list[Device]):
    return [[type(getattr(one, field.name)) for field in fields(Device)] for one in devices]


@pytest.mark.slow
@given(devices=DEVICES, asked=st.lists(queries(), min_size=4, max_size=8))
def test_both_stores_answer_as_evaluate_does(sql_store, devices: list[Device], asked):
    with MemoryStore().write() as memory, sql_store.write() as sql:
        for device in devices:
            memory.devices.add(device)
            sql.devices.add(device)
        for query in asked:
            expected = answer(lambda: evaluate(devices, query, getattr))  # noqa: B023
            assert answer(lambda: memory.devices.find(query)) == expected  # noqa: B023
            found = answer(lambda: sql.devices.find(query))  # noqa: B023
            assert found == expected
            assert sql.devices.count(query.filters) == memory.devices.count(query.filters)
            if found != "unknown marker":
                assert types(found) == types(expected)
