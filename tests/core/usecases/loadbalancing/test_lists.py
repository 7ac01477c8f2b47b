"""Lists: whatever is pushed down to the store, the answer is that of one plain evaluation."""

from dataclasses import fields, replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.errors import InvalidInput
from core.domain.lifecycle import Status
from core.domain.loadbalancer.model import Protocol
from core.domain.query import Query, Sort, UnknownMarker, evaluate
from core.usecases.loadbalancing import vips
from core.usecases.loadbalancing.types import (
    HealthMonitorView,
    MemberView,
    PoolView,
    UpdateVip,
    VipView,
)
from tests.core.usecases.loadbalancing.world import ADMIN, ALICE, BOB, World

UNSORTABLE = {
    "session_persistence",
    "members",
    "health_monitors",
    "health_monitors_status",
    "pools",
}


def populated() -> World:
    world = World()
    for number in range(8):
        caller = (ALICE, BOB)[number % 2]
        protocol = (Protocol.HTTP, Protocol.TCP)[number // 2 % 2]
        pool = world.pool(caller, name=f"p{number % 3}", protocol=protocol)
        vip = world.vip(
            caller,
            pool_id=pool.id,
            protocol=protocol,
            protocol_port=80 + number % 2,
            name=f"n{number % 3}",
            connection_limit=-1 if number % 3 else 5,
        )
        member = world.member(pool.id, caller, weight=number % 2)
        monitor = world.monitor(caller, max_retries=1 + number % 3)
        world.pools.associate_monitor(caller, pool.id, monitor.id)
        if number % 3 == 0:
            world.deploy(vip.id)
            world.observe(vip.id, {"members": {member.id: {"up": False, "description": "x"}}})
        if number % 3 == 1:
            world.fail(vip.id)
    world.vips.delete(ALICE, world.vips.list(ALICE, Query())[-1].id)
    return world


WORLD = populated()
RESOURCES = {
    VipView: WORLD.vips,
    PoolView: WORLD.pools,
    MemberView: WORLD.members,
    HealthMonitorView: WORLD.monitors,
}
ALL = {view: resource.list(ADMIN, Query()) for view, resource in RESOURCES.items()}


@st.composite
def queries(draw) -> tuple[type, Query]:
    view = draw(st.sampled_from(list(RESOURCES)))
    names = [field.name for field in fields(view)]
    one = draw(st.sampled_from(ALL[view]))
    chosen = draw(st.lists(st.sampled_from(names), max_size=2))
    filters = {name: (getattr(one, name), getattr(ALL[view][0], name)) for name in chosen}
    keys = [name for name in names if name not in UNSORTABLE]
    sort = tuple(
        Sort(key, draw(st.booleans())) for key in draw(st.lists(st.sampled_from(keys), max_size=2))
    )
    marker = draw(st.none() | st.sampled_from([each.id for each in ALL[view]]))
    return view, Query(
        filters=filters,
        sort=sort,
        limit=draw(st.none() | st.integers(0, 5)),
        marker=marker,
        reverse=draw(st.booleans()),
    )


@settings(max_examples=150)
@given(queries(), st.sampled_from([ALICE, BOB, ADMIN]))
def test_every_list_is_that_of_one_plain_evaluation(asked, caller):
    view, query = asked
    visible = [each for each in ALL[view] if caller.may_see(each.project_id)]
    try:
        expected = evaluate(visible, query, getattr)
    except UnknownMarker:
        return
    assert RESOURCES[view].list(caller, query) == expected


def test_the_population_is_worth_asking():
    assert {vip.status for vip in ALL[VipView]} == {
        "PENDING_CREATE",
        "ACTIVE",
        "ERROR",
        "PENDING_DELETE",
    }
    assert {"INACTIVE", "ERROR"} < {member.status for member in ALL[MemberView]}


@pytest.mark.parametrize(
    "query",
    [
        Query(filters={"colour": ("red",)}),
        Query(sort=(Sort("colour"),)),
        Query(marker="none"),
        Query(marker="none", sort=(Sort("status"),)),
    ],
)
def test_what_does_not_exist_cannot_be_asked_for(query):
    with pytest.raises(InvalidInput):
        WORLD.vips.list(ALICE, query)


def test_contradicting_filters_select_nothing():
    both = Query(filters={"tenant_id": ("alice",), "project_id": ("bob",)})
    assert WORLD.vips.list(ADMIN, both) == []


def test_a_list_of_many_needs_few_queries(monkeypatch):
    world = World()
    for _ in range(30):
        world.vip()
    asked = []
    begin = world.store.read

    def counting():
        work = begin()
        for name in ("services", "load_balancers", "pools", "members", "pool_monitors"):
            repository = getattr(work, name)
            find = repository.find
            monkeypatch.setattr(
                repository, "find", lambda query, find=find: asked.append(query) or find(query)
            )
        return work

    monkeypatch.setattr(world.store, "read", counting)
    assert len(world.vips.list(ALICE, Query())) == 30
    assert len(asked) == 2
    asked.clear()
    assert len(world.pools.list(ALICE, Query())) == 30
    assert len(asked) == 5


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("few", [0, 1, 1000])
def test_vips_in_a_status_are_the_same_whether_they_are_few_or_many(monkeypatch, status, few):
    monkeypatch.setattr(vips, "CHUNK", few)
    query = Query(filters={"status": (status,)}, limit=1)
    by_name = replace(query, sort=(Sort("name"),), limit=3)
    of_two = replace(query, filters={**query.filters, "name": ("n1",)})
    for caller, asked in product((ALICE, ADMIN), (query, by_name, of_two)):
        visible = [each for each in ALL[VipView] if caller.may_see(each.project_id)]
        assert WORLD.vips.list(caller, asked) == evaluate(visible, asked, getattr)


def test_a_list_of_vips_in_a_status_reads_no_others(monkeypatch):
    world = World()
    for _ in range(9):
        world.deploy(world.vip().id)
    failed = world.vip()
    world.fail(failed.id)
    read = []
    monkeypatch.setattr(vips, "vip_views", lambda work, rows: read.extend(rows) or [])
    world.vips.list(ALICE, Query(filters={"status": (Status.ERROR,)}))
    assert [each.id for each in read] == [failed.id]


def test_a_change_is_seen_in_the_next_list():
    world = World()
    vip = world.vip(name="old")
    world.vips.update(ALICE, vip.id, UpdateVip(name="new"))
    assert world.vips.list(ALICE, Query(filters={"name": ("old",)})) == []
    assert len(world.vips.list(ALICE, Query(filters={"name": ("new",)}))) == 1
