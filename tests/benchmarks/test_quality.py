"""The benchmark of quality on a small fleet: what must be so whatever the figures are."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.quality.bound import counted_bound
from benchmarks.quality.cases import Case, Task, measure
from benchmarks.quality.policies import baselines
from benchmarks.quality.product import Product
from benchmarks.quality.recount import violations
from benchmarks.quality.run import churn, until_refusal
from benchmarks.quality.workload import REGIMES, Regime, Workload, generate

SLOTS, VLANS, PINNED, OVERLAPPING = REGIMES


def small(regime: Regime, seed: int = 7) -> Workload:
    return generate(regime, seed, devices=8, vips=25)


@pytest.fixture(scope="module", params=[SLOTS, replace(VLANS, vlans=14)], ids=["slots", "vlans"])
def case(request: pytest.FixtureRequest) -> Case:
    task = Task(regime=request.param, seed=7, devices=8, vips=25, packing_seconds=0.3)
    return measure(task)


def test_nothing_is_ever_over_a_limit(case: Case) -> None:
    assert [outcome.violations for outcome in case.outcomes] == [()] * 6


def test_no_policy_beats_the_packing_and_no_packing_the_bound(case: Case) -> None:
    best = max(outcome.placed for outcome in case.outcomes if outcome.policy == Product.name)
    assert 0 < best <= case.packed <= case.bound <= case.slots
    assert all(outcome.placed <= case.bound for outcome in case.outcomes)


def test_every_policy_is_measured(case: Case) -> None:
    names = ["chance", "least pools", "Nova weigher", "best fit", "wired first", "Pierhead"]
    assert [outcome.policy for outcome in case.outcomes] == names
    assert all(0 <= outcome.refused_under_churn < 1 for outcome in case.outcomes)
    assert all(outcome.imbalance >= 1 for outcome in case.outcomes)
    assert all(outcome.devices_per_tenant >= 1 for outcome in case.outcomes)


@pytest.mark.parametrize("regime", REGIMES, ids=lambda regime: regime.name)
def test_the_same_seed_gives_the_same_and_another_does_not(regime: Regime) -> None:
    one, same, other = small(regime), small(regime), small(regime, seed=8)
    assert one == same
    assert one.arrivals != other.arrivals
    for first, second in zip(
        [*baselines(one), Product(one)], [*baselines(same), Product(same)], strict=True
    ):
        assert until_refusal(one, first) == until_refusal(same, second)


def test_the_product_knows_what_left_a_device() -> None:
    """With churn the product's fleet is told of every service that goes: were one forgotten,
    it would run full, and were too much forgotten, it would claim too much."""
    workload = small(SLOTS)
    assert churn(workload, Product(workload)).violations == []
    assert churn(workload, Product(workload)).share < 0.05


@pytest.mark.slow
def test_shares_and_sizes_are_as_asked_for() -> None:
    workload = generate(PINNED, 3)
    requests = workload.arrivals
    assert len(workload.ranges) == 8858
    assert len({request.tenant for request in requests}) <= 2000
    pinned = sum(request.pinned for request in requests) / len(requests)
    double = sum(len(request.networks) == 2 for request in requests) / len(requests)
    load = sum(request.throughput for request in requests[: workload.slots])
    assert pinned == pytest.approx(0.45, abs=0.02)
    assert double == pytest.approx(0.4, abs=0.06)
    assert load / sum(box.throughput for box in workload.boxes) == pytest.approx(0.85, abs=0.02)


def test_a_recount_finds_each_thing_that_is_wrong() -> None:
    workload = small(SLOTS)
    everything = {request.number: 0 for request in workload.arrivals}
    found = " ".join(violations(workload, everything))
    for what in ("VIPs of", "VLANs of", "throughput of", "overlapping"):
        assert what in found
    unpinnable = next(box for box in workload.boxes if not box.pinnable)
    pinned = next(request for request in workload.arrivals if request.pinned)
    assert "pinned" in " ".join(violations(workload, {pinned.number: unpinnable.number}))


def test_the_counted_bound_counts_networks_where_vlans_are_few() -> None:
    workload = small(replace(VLANS, vlans=2))
    bound = counted_bound(workload)
    networks = {one for request in workload.arrivals[:bound] for one in request.networks}
    assert len(networks) <= 16
    assert len(networks | set(workload.arrivals[bound].networks)) > 16


@pytest.mark.slow
def test_a_quick_run_is_told_as_table_page_and_document(tmp_path: Path) -> None:
    document, page = tmp_path / "figures.json", tmp_path / "figures.md"
    options = ["--quick", "--regime", "vlans", "--packing-seconds", "0.2", "--seeds", "9"]
    options += ["--json", str(document), "--markdown", str(page)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.quality", *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (case,) = json.loads(document.read_text())["cases"]
    assert (case["regime"], case["seed"], case["slots"]) == ("vlans", 9, 2000)
    for outcome in case["outcomes"]:
        assert outcome["policy"] in done.stdout
        assert f"{outcome['placed'] / case['bound']:.1%}" in page.read_text()
