"""Where figures go: to the terminal, and to files."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.figures import Figure, as_table

_WIDTH_WITHOUT_TERMINAL = 140


def wide_console() -> Console:
    """A console with room for a table, also where there is no terminal."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL)
    return console


def publish(
    figures: Sequence[Figure],
    machine: Mapping[str, str],
    console: Console,
    *,
    json_file: Path | None,
    page_file: Path | None,
    page: Callable[[Sequence[Figure], Mapping[str, str]], str],
) -> None:
    """Print all figures, and write them as JSON and as a `page` where that is wanted."""
    console.print(as_table(figures))
    console.print("; ".join(f"{name} {value}" for name, value in machine.items()), markup=False)
    if json_file is not None:
        document = {"machine": machine, "figures": [figure.as_json() for figure in figures]}
        json_file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if page_file is not None:
        page_file.write_text(page(figures, machine), encoding="utf-8")
