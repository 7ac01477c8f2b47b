"""The commands for elastic pools send what the API wants and show what it says."""

import json

import pytest

from tests.adapters.cli.conftest import error

PATH = "/v2.0/fleet/device-pools"
ID = "99999999-0000-4000-8000-000000000009"
BURST = {
    "id": ID,
    "name": "burst",
    "driver": "haproxy",
    "minimum": 1,
    "maximum": 5,
    "spare": 1,
    "private": False,
    "parameters": {"threads": 2},
    "limits": {"vips": 10},
    "labels": {"why": "peaks", "row": "2"},
    "zone": "east",
    "status_reason": "burst-3: no room",
    "usage": {"devices": 3, "ready": 2, "spawning": 1, "idle": 1, "services": 7},
}


@pytest.fixture(autouse=True)
def pools(replay):
    replay.collection(PATH, "device_pools", [BURST])
    replay.on("POST", PATH, (201, {"device_pool": {"id": "new"}}))
    replay.on("PUT", f"{PATH}/{ID}", (200, {"device_pool": {"id": ID}}))
    replay.on("DELETE", f"{PATH}/{ID}", (204, ""))


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("--name a --driver haproxy", {"name": "a", "driver": "haproxy"}),
        (
            "--name a --driver haproxy --min 1 --max 5 --spare 2 --idle-seconds 0.5 --zone east",
            {
                "name": "a",
                "driver": "haproxy",
                "minimum": 1,
                "maximum": 5,
                "spare": 2,
                "idle_seconds": 0.5,
                "zone": "east",
            },
        ),
        (
            "--name a --driver haproxy --private --parameter threads=1 --limit vips=unlimited"
            " --label why=peaks --description d",
            {
                "name": "a",
                "driver": "haproxy",
                "private": True,
                "parameters": {"threads": 1},
                "limits": {"vips": None},
                "labels": {"why": "peaks"},
                "description": "d",
            },
        ),
    ],
)
def test_add(pierhead, replay, line, body):
    assert pierhead("device-pool", "add", *line.split()).code == 0
    [sent] = replay.sent("POST")
    assert sent.body == {"device_pool": body}


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("--max 9", {"maximum": 9}),
        ("--min 0 --spare 0 --idle-seconds 60", {"minimum": 0, "spare": 0, "idle_seconds": 60.0}),
        ("--parameter threads=4", {"parameters": {"threads": 4}}),
        ("--limit vips= --limit connections=5", {"limits": {"connections": 5}}),
        ("--label why=", {"labels": {"row": "2"}}),
    ],
)
def test_set(pierhead, replay, line, body):
    assert pierhead("device-pool", "set", "burst", *line.split()).code == 0
    [sent] = replay.sent("PUT")
    assert (sent.path, sent.body) == (f"{PATH}/{ID}", {"device_pool": body})


def test_an_empty_zone_takes_it_away(pierhead, replay):
    assert pierhead("device-pool", "set", "burst", "--zone", "").code == 0
    assert replay.sent("PUT")[0].body == {"device_pool": {"zone": None}}


def test_the_list_shows_size_use_and_problems(pierhead):
    ended = pierhead("device-pool", "list")
    heading, row = ended.out.splitlines()
    assert heading.split()[:4] == ["NAME", "DRIVER", "SIZE", "SPARE"]
    assert row.split()[:9] == ["burst", "haproxy", "1-5", "1", "no", "3", "1", "1", "7"]
    assert "burst-3: no room" in row


def test_show_and_json(pierhead):
    assert "status_reason" in pierhead("device-pool", "show", "burst").out
    assert json.loads(pierhead("device-pool", "show", "burst", "--json").out)["id"] == ID


def test_remove(pierhead, replay):
    assert pierhead("device-pool", "remove", "burst").code == 0
    assert replay.sent("DELETE")[0].path == f"{PATH}/{ID}"


def test_a_refusal_names_the_option(pierhead, replay):
    refusal = error("InvalidInput", "Invalid input for minimum: 3 is more than the maximum, 2")
    replay.on("POST", PATH, (400, refusal))
    ended = pierhead("device-pool", "add", "--name", "a", "--driver", "h", "--min", "3")
    assert ended.code == 1
    assert ended.err.strip().endswith("(option --min)")


def test_negative_numbers_never_reach_the_server(pierhead, replay):
    ended = pierhead("device-pool", "add", "--name", "a", "--driver", "h", "--max", "-1")
    assert ended.code == 2
    assert replay.sent("POST") == []
