"""What people and programs read on standard output."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

import typer


def write(text: str) -> None:
    """Write to standard output; a reader that has seen enough ends the program quietly."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from error


def show_json(document: object) -> None:
    """Print JSON and nothing else; ASCII, so that no terminal takes a name for a command."""
    write(json.dumps(document, indent=2) + "\n")


def show_json_line(document: object) -> None:
    """Print JSON on one line of several that each hold a document."""
    write(json.dumps(document) + "\n")


def show_line(text: str) -> None:
    """Print one line of text that is safe already."""
    write(text + "\n")


def show_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table of safe texts, one row a line where the terminal is wide enough.

    On a terminal ids are shortened and states coloured; elsewhere nothing is cut or wrapped.
    """
    write(_tables().table(titles, rows, terminal=sys.stdout.isatty()))


def show_object(item: Mapping[str, Any]) -> None:
    """Print one object, a field a line; of nested ones, each part a line."""
    write(_tables().sheet(item, terminal=sys.stdout.isatty()))


def _tables() -> ModuleType:
    # rich takes a tenth of a second to import, and neither --help nor --json needs it.
    from adapters.cli import tables  # noqa: PLC0415

    return tables
