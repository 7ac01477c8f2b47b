"""How the benchmark sums up what it measured."""

import pytest
from rich.console import Console

from benchmarks.figures import Figure, Target, as_table, p50_p95, percentile


def test_percentiles_are_those_of_the_values() -> None:
    values = [float(n) for n in range(1, 102)]
    assert percentile(values, 50) == pytest.approx(51)
    assert percentile(values, 95) == pytest.approx(96)


def test_latencies_are_told_in_milliseconds_and_the_median_has_the_target() -> None:
    middle, high = p50_p95("create", [0.010, 0.020, 0.030], wanted_ms=50, note="how")
    assert (middle.name, middle.value, middle.unit) == ("create, p50", pytest.approx(20), "ms")
    assert (middle.wanted, middle.note, middle.is_met) == (50, "how", True)
    assert (high.wanted, high.is_met) == (None, None)
    assert 20 < high.value < 30


@pytest.mark.parametrize(
    ("side", "value", "met"),
    [
        (Target.AT_MOST, 50, True),
        (Target.AT_MOST, 50.1, False),
        (Target.AT_LEAST, 50, True),
        (Target.AT_LEAST, 49.9, False),
    ],
)
def test_a_target_is_met_on_its_side(side: Target, value: float, met: bool) -> None:
    assert Figure(name="x", value=value, side=side, wanted=50).is_met is met


def test_the_table_and_the_document_tell_the_same() -> None:
    figure = Figure(name="rate", value=85.63, unit="/s", side=Target.AT_LEAST, wanted=100)
    console = Console(width=100)
    with console.capture() as capture:
        console.print(as_table([figure]))
    (row,) = [line for line in capture.get().splitlines() if "rate" in line]
    assert row.split("│")[1:5] == [" rate   ", "  85.6 /s ", "  ≥ 100 ", " no  "]
    document = figure.as_json()
    assert (document["value"], document["side"], document["met"]) == (85.63, "≥", False)
