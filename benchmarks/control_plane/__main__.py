"""Runs the measurements of the split deployment and prints them beside their targets."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from benchmarks.control_plane import one_by_one, reading, together
from benchmarks.control_plane.document import as_markdown
from benchmarks.control_plane.lab import Lab, new_lab
from benchmarks.figures import Figure
from benchmarks.machine import facts
from benchmarks.publishing import publish, wide_console
from pierhead.demo.errors import NotObserved
from pierhead.demo.interruption import EXIT_STATUS, interrupt_on_signals


def main() -> int:
    """The exit status: 1 when something could not be measured."""
    interrupt_on_signals()
    options = _options()
    console = wide_console()
    machine = facts()
    figures: list[Figure] = []
    try:
        with new_lab() as lab:
            figures = _measure(lab, options, console)
    except NotObserved as failure:
        console.print(f"not measured: {failure}", style="bold red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; everything was stopped and removed", style="bold red")
        return EXIT_STATUS
    publish(
        figures,
        machine,
        console,
        json_file=options.json,
        page_file=options.markdown,
        page=as_markdown,
    )
    return 0


def _measure(lab: Lab, options: argparse.Namespace, console: Console) -> list[Figure]:
    sizes = options.stored or ([200] if options.quick else [1_000, 10_000])
    few = 20 if options.quick else 200
    figures = []
    for size in sizes:
        console.print(f"{size} VIPs ...", markup=False)
        share = min(size - lab.stored, 2_000)
        together.fill(lab, size - share)
        lab.settle()
        figures += together.measure(lab, share)
        figures += reading.memory(lab)
        lab.settle()
        figures += one_by_one.vips(lab, few)
        figures += one_by_one.wholes(lab, few // 4)
        figures += reading.latencies(lab)
    return figures


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.control_plane", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer of everything")
    parser.add_argument(
        "--stored",
        type=int,
        action="append",
        metavar="N",
        help="measure with so many VIPs stored; may be given several times, growing",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="and as a page there")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
