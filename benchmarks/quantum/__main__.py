"""Starts Neutron with Pierhead inside, as root in namespaces of its own, and measures VIPs."""

import argparse
import os
import sys
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Figure
from benchmarks.machine import facts
from benchmarks.publishing import publish, wide_console
from benchmarks.quantum import calls, vips
from benchmarks.quantum.document import as_markdown
from benchmarks.quantum.ground import Place, Sizes, prepared
from benchmarks.quantum.shares import shares
from pierhead.demo.interruption import EXIT_STATUS, interrupt_on_signals
from tests.lab import run

_INSIDE = "PIERHEAD_BENCH_IN_LAB"
"""Set in the namespaces that the program makes for itself."""


def main() -> int:
    """The exit status: 1 when something could not be measured, 2 when the lab cannot run."""
    if _INSIDE not in os.environ:
        os.environ[_INSIDE] = "1"
        return run.main([sys.executable, "-m", "benchmarks.quantum", *sys.argv[1:]])
    interrupt_on_signals()
    options = _options()
    console = wide_console()
    machine = facts()
    try:
        figures = _measure(Sizes.few() if options.quick else Sizes.many(), console)
    except AssertionError as failure:
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


def _measure(sizes: Sizes, console: Console) -> list[Figure]:
    figures: list[Figure] = []
    for place in Place:
        console.print(f"{place} ...", markup=False)
        with prepared(place) as ground:
            figures += vips.measure(ground, sizes)
            if place is Place.INSIDE:
                figures += calls.measure(ground, sizes)
    return [*figures, *shares(figures)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quantum", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer of everything")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="and as a page there")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
