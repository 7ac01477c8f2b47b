"""What people and programs read: complete when piped, pure when JSON, harmless on a terminal."""

import json
import sys

import pytest
from rich.text import Text

from adapters.cli.tables import sheet, table
from adapters.cli.text import moment, plain, safe

A = "aaaaaaaa-0000-4000-8000-000000000001"
POOL = "bbbbbbbb-0000-4000-8000-000000000002"
EVIL = "[red]x[/red]\x1b]0;title\x07\u202egnp\n\x9b2J"


def vip(**changes):
    return {
        "id": A,
        "tenant_id": "demo",
        "project_id": "demo",
        "name": "web",
        "address": "127.1.0.2",
        "protocol_port": 8080,
        "protocol": "HTTP",
        "pool_id": POOL,
        "status": "ACTIVE",
        **changes,
    }


@pytest.fixture
def vips(replay):
    items = [vip()]
    replay.collection("/v2.0/lb/vips", "vips", items)
    replay.collection("/v2.0/lb/pools", "pools", [{"id": POOL, "name": "servers"}])
    return items


@pytest.mark.usefixtures("vips")
def test_a_piped_list_is_complete(pierhead):
    ended = pierhead("vip", "list")
    assert ended.out == (
        "NAME  ENDPOINT        PROTOCOL  POOL     STATUS  ID\n"
        f"web   127.1.0.2:8080  HTTP      servers  ACTIVE  {A}\n"
    )


@pytest.mark.usefixtures("vips")
@pytest.mark.parametrize(
    "line", ["--json vip list", "vip --json list", "vip list --json", "vip list --json --limit 5"]
)
def test_json_wherever_it_is_asked_for(pierhead, line):
    assert pierhead(*line.split()).json == [vip()]


@pytest.mark.usefixtures("vips")
def test_chosen_columns(pierhead):
    assert pierhead("vip", "list", "--columns", "status,name").out == "STATUS  NAME\nACTIVE  web\n"
    ended = pierhead("vip", "list", "--columns", "name", "--json")
    assert ended.json == [{"name": "web"}]
    ended = pierhead("vip", "list", "--columns", "nome")
    assert (ended.code, ended.out) == (2, "")
    assert "no column nome; there are address, id" in ended.err


def test_an_empty_list(pierhead, replay):
    replay.collection("/v2.0/lb/vips", "vips", [])
    assert pierhead("vip", "list").out == "no vips\n"
    assert pierhead("vip", "list", "--json").json == []


def test_ids_stand_in_for_names_that_may_not_be_read(pierhead, replay):
    replay.collection("/v2.0/lb/vips", "vips", [vip()])
    replay.on("GET", "/v2.0/lb/pools", (403, {}))
    assert POOL in pierhead("vip", "list").out


def test_tenants_text_cannot_command_the_terminal(pierhead, replay):
    replay.collection("/v2.0/lb/vips", "vips", [vip(name=EVIL)])
    replay.collection("/v2.0/lb/pools", "pools", [{"id": POOL, "name": EVIL}])
    shown = "[red]x[/red]\\x1b]0;title\\x07\\u202egnp\\n\\x9b2J"
    listed = pierhead("vip", "list").out
    assert listed.count(shown) == 2
    assert listed.count("\n") == 2
    assert shown in pierhead("vip", "show", A).out
    as_json = pierhead("vip", "list", "--json")
    assert as_json.out.isascii()
    assert "\x1b" not in as_json.out
    assert as_json.json[0]["name"] == EVIL


def test_a_terminal_gets_short_ids_and_coloured_states(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    drawn = table(["name", "status", "id"], [["ERROR", "ERROR", A]], terminal=True)
    assert drawn.splitlines()[1].startswith("ERROR  \x1b[1;31mERROR")
    assert drawn.count("\x1b[1;31m") == 1
    assert "aaaaaaaa" in drawn
    assert A not in drawn


def test_a_narrow_terminal_loses_nothing(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    drawn = Text.from_ansi(table(["name", "why"], [["n" * 30, "y" * 70]], terminal=True)).plain
    assert all(len(line) <= 40 for line in drawn.splitlines())
    assert drawn.count("n") == 30
    assert drawn.count("y") == 70


def test_a_sheet_shows_what_is_nested():
    item = {
        "use": {"resources": {"vips": {"used": 1, "limit": None}}, "services": 1},
        "ids": ["a", "b"],
        "pools": [{"id": "p", "status": "ACTIVE"}],
        "none": {},
    }
    assert sheet(item, terminal=False) == (
        "use    resources:\n"
        "         vips: used=1, limit=-\n"
        "       services: 1\n"
        "ids    a\n"
        "       b\n"
        "pools  - id=p, status=ACTIVE\n"
        "none   -\n"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ("", "-"),
        ([], "-"),
        ({}, "-"),
        (0, "0"),
        (False, "no"),
        (0.5, "0.5"),
        ({"a": [1, 2]}, "a=1, 2"),
        ("a\tb", "a\\tb"),
        ("Zürich 東京", "Zürich 東京"),
    ],
)
def test_values_as_text(value, text):
    assert plain(value) == text


def test_moments_are_utc():
    assert moment(0.9) == "1970-01-01 00:00:00Z"


def test_every_safe_text_is_one_printable_line():
    everything = "".join(map(chr, range(0x3000)))
    assert safe(everything).isprintable()


@pytest.mark.usefixtures("vips")
def test_a_terminal_of_another_encoding(replay, monkeypatch):
    import io

    from adapters.cli.app import outcome

    replay.collection("/v2.0/lb/vips", "vips", [vip(name="東京")])
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="latin-1"))
    assert outcome(["--url", replay.url, "vip", "list", "--columns", "name"]) == 0
    assert raw.getvalue() == b"NAME\n\\u6771\\u4eac\n"


def test_stats_of_a_pool(pierhead, replay):
    replay.collection("/v2.0/lb/pools", "pools", [{"id": POOL, "name": "p"}])
    replay.on("GET", f"/v2.0/lb/pools/{POOL}/stats", (200, {"stats": {"bytes_in": 7}}))
    assert pierhead("pool", "stats", "p").out == "bytes_in  7\n"
    assert json.loads(pierhead("pool", "stats", "p", "--json").out) == {"bytes_in": 7}


def test_devices_that_are_claimed_beyond_their_limits_stand_out(pierhead, replay):
    uses = {
        "vips": {"used": 12, "limit": 10, "over": True},
        "throughput": {"used": 90, "limit": 80, "over": True},
        "vlans:eth1": {"used": 3, "limit": None, "over": False},
    }
    device = {
        "id": A,
        "name": "edge",
        "driver": "acme",
        "status": "ONLINE",
        "admin_state": "enabled",
    }
    spare = {**device, "name": "spare", "usage": {"resources": {}}}
    device["usage"] = {"resources": uses}
    replay.collection("/v2.0/fleet/devices", "devices", [device, spare])
    titles, first, second = pierhead("device", "list").out.splitlines()
    assert titles.split()[5:7] == ["VIPS", "OVER"]
    assert first.split()[5:8] == ["12/10", "vips,", "throughput"]
    assert second.split()[5:7] == ["0/unlimited", "-"]


def test_a_driver_that_fails_at_its_say_stands_out(pierhead, replay):
    said = {"advises": True, "failing_since": None, "failure": ""}
    drivers = [
        {"id": name, "name": name, "advisor": advisor}
        for name, advisor in (
            ("bad", {**said, "failing_since": 1.0, "failure": "late"}),
            ("good", said),
            ("mute", {**said, "advises": False}),
        )
    ]
    replay.collection("/v2.0/fleet/drivers", "drivers", drivers)
    lines = pierhead("driver", "list").out.splitlines()
    column = lines[0].split().index("ADVISOR")
    assert [line.split()[column] for line in lines[1:]] == ["failing", "ok", "-"]


def test_service_types_show_how_they_place(pierhead, replay):
    policy = {"choice": "driver", "strategy": "pack", "grouping": "apart", "zone": "east"}
    gold = {
        "id": A,
        "name": "gold",
        "kind": "loadbalancer",
        "drivers": ["a", "b"],
        "policy": policy,
    }
    replay.collection("/v2.0/fleet/service-types", "service_types", [{**gold, "default": True}])
    assert "a, b     driver  pack      apart     east  yes" in pierhead("service-type", "list").out
