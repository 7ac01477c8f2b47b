"""Measures how full a fleet gets under our policy and others, beside an upper bound and the best
packing found. Nothing is asserted."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.machine import facts
from benchmarks.quality.bound import has_solver
from benchmarks.quality.cases import Case, Task, measure_all
from benchmarks.quality.document import as_markdown
from benchmarks.quality.figure import can_draw, draw
from benchmarks.quality.product import DRIVER_ORDER
from benchmarks.quality.report import as_json, as_table, goals, rows_of
from benchmarks.quality.workload import REGIMES

_WIDTH_WITHOUT_TERMINAL = 160
_INSTALL = "pip install 'pierhead[bench]'"


def main() -> int:
    """The exit status."""
    options = _options()
    errors = Console(stderr=True, highlight=False)
    if options.figure is not None and not can_draw():
        errors.print(f"a figure needs matplotlib: {_INSTALL}", style="bold red", markup=False)
        return 2
    if not has_solver():
        errors.print(
            f"without highspy the bound is a simpler one, by counting: {_INSTALL}", markup=False
        )
    began = time.monotonic()
    tasks = _tasks(options)
    cases = _measured(tasks, options.jobs, errors)
    rows = rows_of(cases)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL)
    console.print(as_table(rows))
    for goal in goals(rows):
        console.print(str(goal), markup=False)
    wrong = [text for case in cases for outcome in case.outcomes for text in outcome.violations]
    for text in wrong:
        errors.print(f"OVER A LIMIT: {text}", style="bold red", markup=False)
    if options.json is not None:
        document = {"machine": facts(), "cases": as_json(cases)}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if options.figure is not None:
        draw(rows, options.figure)
    if options.markdown is not None:
        about = {
            **facts(),
            "minutes": f"{(time.monotonic() - began) / 60:.0f}",
            "search for a packing": f"{tasks[0].packing_seconds:g} s of CPU time each",
        }
        page = as_markdown(
            rows,
            about,
            seeds=sorted({case.seed for case in cases}),
            driver_order=DRIVER_ORDER,
            figure=options.figure.name if options.figure is not None else None,
        )
        options.markdown.write_text(page, encoding="utf-8")
    return 1 if wrong else 0


def _measured(tasks: list[Task], jobs: int, errors: Console) -> list[Case]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    cases = []
    with Progress(*columns, TimeElapsedColumn(), console=errors) as progress:
        bar = progress.add_task("regimes and seeds", total=len(tasks))
        for case in measure_all(tasks, jobs):
            cases.append(case)
            progress.advance(bar)
    return sorted(cases, key=lambda case: case.seed)


def _tasks(options: argparse.Namespace) -> list[Task]:
    chosen = [each for each in REGIMES if not options.regime or each.name in options.regime]
    seconds = options.packing_seconds
    return [
        Task(
            regime=regime,
            seed=seed,
            devices=20 if options.quick else 200,
            vips=100,
            packing_seconds=seconds if seconds is not None else (2.0 if options.quick else 60.0),
        )
        for seed in ([options.seeds[0]] if options.quick else options.seeds)
        for regime in chosen
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5], metavar="N")
    parser.add_argument(
        "--regime",
        action="append",
        choices=[regime.name for regime in REGIMES],
        help="one only; may be given several times",
    )
    parser.add_argument(
        "--quick", action="store_true", help="the first seed only, on a tenth of the fleet"
    )
    parser.add_argument(
        "--packing-seconds",
        type=float,
        metavar="S",
        help="CPU time of the search for the best packing, per regime and seed (60)",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a page there")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw a picture (PNG) there")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
