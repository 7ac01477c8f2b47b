"""Runs the measurements and prints them beside their targets. Nothing is asserted."""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Figure, as_table, spelled
from benchmarks.machine import facts
from benchmarks.placement.document import as_markdown
from benchmarks.placement.parts import OPENSTACK, PARTS
from benchmarks.placement.run import Run
from benchmarks.placement.sizes import FULL, QUICK, with_more_providers
from benchmarks.placement.timing import yardstick
from pierhead.collector import let_it_wait
from pierhead.demo.interruption import EXIT_STATUS, interrupt_on_signals

_WIDTH_WITHOUT_TERMINAL = 160


def main() -> int:
    """The exit status: 0 unless it was interrupted."""
    interrupt_on_signals()
    options = _options()
    # As the daemon does.
    let_it_wait()
    machine, figures = {**facts(), "yardstick before": yardstick()}, list[Figure]()
    sizes = QUICK if options.quick else FULL
    if options.full:
        sizes = with_more_providers(sizes)
    try:
        with Run(sizes) as run:
            for name in _chosen(options):
                for figure in PARTS[name](run):
                    figures.append(figure)
                    run.say(f"{figure.name}: {spelled(figure)}")
    except KeyboardInterrupt:
        print("interrupted; everything was stopped and removed", file=sys.stderr)
        return EXIT_STATUS
    machine["yardstick after"] = yardstick()
    _tell(figures, machine, options)
    return 0


def _chosen(options: argparse.Namespace) -> list[str]:
    if options.only:
        return [name for name in PARTS if name in options.only]
    return [name for name in PARTS if name != OPENSTACK or options.with_placement]


def _tell(figures: list[Figure], machine: dict[str, str], options: argparse.Namespace) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL)
    console.print(as_table(figures))
    console.print("; ".join(f"{name} {value}" for name, value in machine.items()), markup=False)
    if options.json is not None:
        document = {"machine": machine, "figures": [figure.as_json() for figure in figures]}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if options.markdown is not None:
        options.markdown.write_text(as_markdown(figures, machine), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.placement", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny fleets, a few seconds")
    parser.add_argument("--full", action="store_true", help="openstack-placement at full size, too")
    parser.add_argument(
        "--with-placement",
        action="store_true",
        help="beside openstack-placement, which is installed from PyPI for the time",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="and as a page there")
    parser.add_argument(
        "--only", action="append", choices=list(PARTS), help="one part; may be given several times"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
