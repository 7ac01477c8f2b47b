"""The benchmark of placement: what it draws, what it fills, and the whole of it in small."""

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.figures import Figure
from benchmarks.placement.baselines import full_scan, nova_like
from benchmarks.placement.databases import SqliteDatabase
from benchmarks.placement.document import as_markdown
from benchmarks.placement.durable import recounted, stored
from benchmarks.placement.filling import Filled, best_of, filled
from benchmarks.placement.scene import Popularity, Scene, networks_of, request_of
from core.domain.placement.index.look import Look
from core.domain.placement.rules import STANDING_RULES, check
from core.domain.query import Query

_SIZE = 30


@pytest.fixture(scope="module")
def full() -> Filled:
    return filled(Scene(_SIZE, Popularity.ZIPF), lambda _: None)


@pytest.mark.parametrize("popularity", Popularity)
def test_a_scene_draws_the_same_again_and_all_sorts(popularity: Popularity) -> None:
    scene = Scene(_SIZE, popularity)
    draws = list(islice(scene.draws(), 3000))
    assert draws == list(islice(Scene(_SIZE, popularity).draws(), 3000))
    assert draws != list(islice(Scene(_SIZE, popularity, seed=2).draws(), 3000))
    requests = [request_of(serial, draw) for serial, draw in enumerate(draws)]
    assert len({request.service_id for request in requests}) == 3000
    assert len({request.service_type_id for request in requests}) == 8
    assert 0.2 < sum(len(request.network_ids) == 2 for request in requests) / 3000 < 0.45
    busiest = sum(draw.tenant == 0 for draw in draws)
    assert busiest > 5 * sum(draw.tenant == 20 for draw in draws)


def test_ids_are_different_for_different_things() -> None:
    draws = list(islice(Scene(_SIZE, Popularity.UNIFORM).draws(), 3000))
    wanted = {(draw.tenant, one) for draw in draws for one in (draw.first, draw.second) if one >= 0}
    found = {need.network_id for draw in draws for need in networks_of(draw)}
    assert len(found) == len(wanted)
    assert all(len(one) == 36 for one in found)


def test_a_filling_keeps_to_every_limit_and_its_journal_tells_all(full: Filled) -> None:
    scene = full.scene
    assert full.placed == scene.vips
    for host in full.fleet:
        for resource, limit in host.limits.items():
            assert limit is not None
            assert host.used.get(resource, 0) <= limit * (1.5 if resource == "connections" else 1)
    entries = list(full.journal.entries(scene))
    assert len(entries) == scene.vips
    hosts = list(full.fleet)
    for number, host in enumerate(hosts):
        mine = [draw for _, draw, device in entries if device == number]
        assert host.used.get("vips", 0) == len(mine)
        assert host.networks.keys() == {
            need.network_id for draw in mine for need in networks_of(draw)
        }


def test_the_scan_makes_the_index_own_choice_and_the_loop_a_possible_one(full: Filled) -> None:
    chosen = 0
    for request in full.requests(30):
        drawn = Look(full.fleet, request).request
        assert full_scan(full.fleet, drawn) is best_of(full.fleet, request)
        host = nova_like(list(full.fleet), request)
        if host is not None:
            chosen += 1
            assert not check(request, host, STANDING_RULES)
    assert chosen > 0


def test_a_database_is_filled_as_the_fleet_is(full: Filled, tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path)
    before = {host.device.id: host.copy().account for host in full.fleet}
    ready = stored(database, full, lambda _: None)
    with ready.store.read() as work:
        accounts = work.ledger.accounts()
        (first,) = work.decisions.find(Query())
    if first.device_id is not None:
        del accounts[first.device_id], before[first.device_id]
    assert {one: accounts[one] for one in accounts} == {
        one: account for one, account in before.items() if account.used
    }
    assert [figure.value for figure in recounted(ready, "")] == [0, 0, 0]
    ready.store.close()


def test_a_recount_finds_what_is_wrong(full: Filled, tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path)
    ready = stored(database, full, lambda _: None)
    connection = database._connect()
    with connection:
        connection.execute(
            "UPDATE pierhead_device_counters SET used = 119 WHERE resource = 'vips' AND used ="
            " (SELECT max(used) FROM pierhead_device_counters WHERE resource = 'vips')"
        )
        connection.execute("DELETE FROM pierhead_decisions")
    connection.close()
    over, wrong, lost = (figure.value for figure in recounted(ready, ""))
    assert (over > 0, wrong > 0, lost) == (True, True, 1)
    ready.store.close()


@pytest.mark.slow
def test_the_whole_in_small(tmp_path: Path) -> None:
    place, document, page = tmp_path / "place", tmp_path / "figures.json", tmp_path / "figures.md"
    place.mkdir()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.placement", "--quick"),
            *("--json", str(document), "--markdown", str(page)),
        ],
        env={**os.environ, "TMPDIR": str(place)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = {each["name"]: each for each in json.loads(document.read_text())["figures"]}
    expected = (
        "choice of a device, 60 devices, Zipf networks, p99",
        "decision to be stored, 60 devices to 20, uniform networks",
        "claim in memory, 20 devices, uniform networks, p50",
        "why not, all devices refused, 60 devices, uniform networks, p50",
        "Nova-like loop over objects, 60 devices, uniform networks, p50",
        "durable placements, PostgreSQL, 40 devices, groups of 100",
        "durable placements, SQLite, 40 devices, groups of 10",
        "added at 200 a second, PostgreSQL, 40 devices, p99",
        "new replica until its first decision, PostgreSQL, 40 devices",
        "memory of that replica, PostgreSQL, 40 devices",
    )
    assert all(figures[name]["value"] > 0 for name in expected)
    for name, each in figures.items():
        assert not name.startswith("scheduler") or " 0 placed" not in each["note"]
    exact = ("limits exceeded", "counters that", "placements that are not", "choices of the index")
    checked = [each for name, each in figures.items() if name.startswith(exact)]
    assert len(checked) == 13
    assert [each["value"] for each in checked] == [0] * 13
    assert all(f"| {name} |" in page.read_text() for name in figures)
    assert list(place.iterdir()) == []


def test_the_page_compares_with_the_baselines_of_the_same_run() -> None:
    figures = [
        Figure(name="choice of a device, 10 devices, p50", value=20.0, unit="µs"),
        Figure(name="Nova-like loop over objects, 10 devices, p50", value=1.0, unit="ms"),
        Figure(name="durable placements, PostgreSQL, 10 devices, groups of 1", value=3.0),
        Figure(name="openstack-placement 16.0, claims one after the other", value=1.5),
    ]
    page = as_markdown(figures, {"cores": "2"})
    assert "10 devices: the index chooses 50 times as fast as a Nova-like loop" in page
    assert "up to 3 durable placements a second, against 1.5 claims" in page
    assert "times as fast" not in as_markdown(figures[:1], {})
