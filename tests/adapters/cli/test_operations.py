"""``pierhead top`` and ``pierhead dead-letter``."""

import itertools
import json

import pytest

from adapters.cli import app as cli
from adapters.cli.commands import top
from adapters.cli.commands.top import rates_between
from adapters.cli.text import span

BACKLOG = "/v2.0/fleet/backlog"
LETTERS = "/v2.0/fleet/dead-letters"


def look(at: float = 1000.0, **more):
    agent = {"id": "one", "host": "h", "group": "east", "alive": True, "leaving": False}
    oldest = {"id": "v1", "kind": "loadbalancer", "project_id": "p", "status": "PENDING_CREATE"}
    return {
        "at": at,
        "pending": 3,
        "failed": 1,
        "overdue": 2,
        "oldest": {**oldest, "changed_at": 875.0},
        "services": {"ACTIVE": 10, "ERROR": 1, "PENDING_CREATE": 3},
        "devices": {"ONLINE": 2},
        "agents": [{**agent, "devices": 2, "backlog": 5}],
        "fleet_revision": 40,
        **more,
    }


def test_once_tells_everything_on_one_sheet(replay, pierhead):
    replay.on("GET", BACKLOG, (200, {"backlog": look()}))
    ended = pierhead("top", "--once")
    assert (ended.code, ended.err) == (0, "")
    for text in (
        "pending   3",
        "loadbalancer v1 is PENDING_CREATE for 2 min 5 s",
        "10 ACTIVE, 1 ERROR, 3 PENDING_CREATE",
        "devices   2 ONLINE",
        "1 agent, 1 alive, 5 commands waiting",
        "one  group east  alive  2 devices  5 commands waiting",
    ):
        assert text in ended.out
    assert len(replay.seen) == 1


def test_nothing_to_do_is_told_as_well(replay, pierhead):
    idle = look(pending=0, oldest=None, services={}, agents=[])
    replay.on("GET", BACKLOG, (200, {"backlog": idle}))
    out = pierhead("top", "--once").out
    assert "nothing waits" in out
    assert "0 agents, 0 alive, 0 commands waiting" in out


def test_what_tenants_name_does_not_reach_the_terminal_as_it_is(replay, pierhead):
    agent = {**look()["agents"][0], "id": "\x1b[2J", "alive": False}
    replay.on("GET", BACKLOG, (200, {"backlog": look(agents=[agent])}))
    out = pierhead("top", "--once").out
    assert "\x1b" not in out
    assert "silent" in out


def test_once_as_json_is_the_servers_document(replay, pierhead):
    replay.on("GET", BACKLOG, (200, {"backlog": look()}))
    assert pierhead("top", "--once", "--json").json == look()


@pytest.fixture
def three_looks(monkeypatch, replay):
    """Somebody interrupts it at the third pause."""
    looks = [look(), look(1002.0, pending=1, services={"ACTIVE": 30}), look(1003.0)]
    replay.on("GET", BACKLOG, *[(200, {"backlog": each}) for each in looks])
    pauses = itertools.count(1)

    def sleep(seconds: float) -> None:
        assert seconds == 0.5
        if next(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(top.time, "sleep", sleep)


def test_it_goes_on_until_it_is_interrupted(three_looks, pierhead):
    ended = pierhead("top", "--interval", "0.5", "--json")
    assert ended.code == cli.INTERRUPTED
    lines = [json.loads(line) for line in ended.out.splitlines() if line]
    assert [line["rates"] for line in lines] == [
        {},
        {"pending": -1.0, "failed": 0.0, "ACTIVE": 10.0, "fleet_revision": 0.0},
        {"pending": 2.0, "failed": 0.0, "ACTIVE": -20.0, "fleet_revision": 0.0},
    ]


def test_people_see_rates_beside_the_counts(three_looks, pierhead):
    out = pierhead("top", "--interval", "0.5").out
    assert "pending   1  (-1.0/s)" in out
    assert "30 ACTIVE  (ACTIVE +10.0/s)" in out


def test_there_are_no_rates_of_one_moment():
    assert rates_between(look(), look()) == {}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0.0 s"), (3.21, "3.2 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (7260, "2 h 1 min")],
)
def test_lengths_of_time_are_told_in_words(seconds, text):
    assert span(seconds) == text


def letter(identity: str):
    return {
        "id": identity,
        "queue": "agent.one",
        "kind": "ApplyServices",
        "device_id": None,
        "service_ids": ["s"],
        "reason": "given up",
        "deliveries": 5,
        "died_at": 0.0,
        "size": 9,
    }


@pytest.fixture
def letters(replay):
    replay.collection(LETTERS, "dead_letters", [letter("aaa"), letter("bbb")])
    replay.on("GET", "/v2.0/fleet/devices", (200, {"devices": []}))
    for identity in ("aaa", "bbb"):
        replay.on("POST", f"{LETTERS}/{identity}/replay", (204, ""))
        replay.on("DELETE", f"{LETTERS}/{identity}", (204, ""))
    return replay


def test_dead_letters_are_listed(letters, pierhead):
    out = pierhead("dead-letter", "list").out
    assert "1970-01-01 00:00:00Z" in out
    assert "given up" in out


@pytest.mark.parametrize(
    ("word", "method", "end"), [("replay", "POST", "/replay"), ("drop", "DELETE", "")]
)
def test_some_or_all_are_replayed_or_dropped(letters, pierhead, word, method, end):
    ended = pierhead("dead-letter", word, "aaa")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"1 message {word[:4]}")
    assert pierhead("dead-letter", word, "--all", "--json").json == ["aaa", "bbb"]
    assert [each.path for each in letters.sent(method)] == [
        f"{LETTERS}/{identity}{end}" for identity in ("aaa", "aaa", "bbb")
    ]


@pytest.mark.parametrize("words", [(), ("aaa", "--all")])
def test_either_some_or_all_must_be_named(letters, pierhead, words):
    ended = pierhead("dead-letter", "drop", *words)
    assert (ended.code, "--all" in ended.err) == (2, True)
    assert letters.sent("DELETE") == []


def test_a_device_is_given_a_group(replay, pierhead):
    device = {"id": "d", "name": "d", "driver": "x"}
    replay.on("POST", "/v2.0/fleet/devices", (201, {"device": device}))
    pierhead("device", "add", "--name", "d", "--driver", "x", "--agent-group", "east")
    assert replay.sent("POST")[0].body["device"]["agent_group"] == "east"
