"""Objects are found by id, name, address or the start of an id; never by chance."""

import pytest

A = "aaaaaaaa-0000-4000-8000-000000000001"
B = "aaaabbbb-0000-4000-8000-000000000002"
C = "cccccccc-0000-4000-8000-000000000003"


@pytest.fixture
def pools(replay):
    items = [
        {"id": A, "name": "web", "status": "ACTIVE"},
        {"id": B, "name": "twin", "status": "ACTIVE"},
        {"id": C, "name": "twin", "status": "ACTIVE"},
    ]
    replay.collection("/v2.0/lb/pools", "pools", items)
    return items


@pytest.mark.parametrize("text", [A, A.upper(), "web", "aaaaaaaa", "aaaaa"])
@pytest.mark.usefixtures("pools")
def test_ways_to_name_an_object(pierhead, replay, text):
    replay.on("GET", f"/v2.0/lb/pools/{A.upper()}", (404, {}))
    assert pierhead("pool", "show", text, "--json").json["id"] == A


@pytest.mark.usefixtures("pools")
def test_an_ambiguous_name_lists_the_ids(pierhead):
    ended = pierhead("pool", "show", "twin")
    assert ended.code == 2
    assert ended.err == f"pierhead: 2 pools answer to twin: {B}, {C}; give the id\n"


@pytest.mark.usefixtures("pools")
def test_an_ambiguous_start_lists_the_ids(pierhead):
    ended = pierhead("pool", "show", "aaaa")
    assert ended.code == 2
    assert A in ended.err
    assert B in ended.err


@pytest.mark.usefixtures("pools")
def test_a_start_shorter_than_four_names_nothing(pierhead):
    assert pierhead("pool", "show", "ccc").code == 1


def test_a_name_comes_before_the_start_of_an_id(pierhead, replay):
    items = [{"id": A, "name": "cccc"}, {"id": C, "name": "other"}]
    replay.collection("/v2.0/lb/pools", "pools", items)
    assert pierhead("pool", "show", "cccc", "--json").json["id"] == A


def test_an_object_may_be_named_like_an_id(pierhead, replay):
    name = "dddddddd-0000-4000-8000-000000000009"
    replay.collection("/v2.0/lb/pools", "pools", [{"id": A, "name": name}])
    assert pierhead("pool", "show", name, "--json").json["id"] == A


def test_a_member_is_found_by_its_endpoint(pierhead, replay):
    items = [
        {"id": A, "address": "127.0.0.9", "protocol_port": 80},
        {"id": B, "address": "::1", "protocol_port": 80},
    ]
    replay.collection("/v2.0/lb/members", "members", items)
    assert pierhead("member", "show", "127.0.0.9:80", "--json").json["id"] == A
    assert pierhead("member", "show", "[::1]:80", "--json").json["id"] == B


def test_a_subnet_is_found_by_its_range(pierhead, replay):
    items = [{"id": A, "name": "", "cidr": "127.1.0.0/24"}]
    replay.collection("/v2.0/subnets", "subnets", items)
    assert pierhead("subnet", "show", "127.1.0.0/24", "--json").json["id"] == A


def test_a_name_is_quoted_in_the_url(pierhead, replay):
    replay.collection("/v2.0/lb/pools", "pools", [{"id": A, "name": "a&b=c/../d ü"}])
    assert pierhead("pool", "show", "a&b=c/../d ü", "--json").json["id"] == A


def test_nothing_is_removed_when_one_name_is_wrong(pierhead, replay, pools):
    assert pierhead("pool", "remove", "web", "nosuch").code == 1
    assert replay.sent("DELETE") == []


@pytest.mark.usefixtures("pools")
def test_removing_several(pierhead, replay):
    for identity in (A, B):
        replay.on("DELETE", f"/v2.0/lb/pools/{identity}", (204, {}))
    assert pierhead("pool", "remove", "web", B).code == 0
    assert [request.path for request in replay.sent("DELETE")] == [
        f"/v2.0/lb/pools/{A}",
        f"/v2.0/lb/pools/{B}",
    ]
