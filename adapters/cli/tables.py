"""Renders tables with rich; the texts are safe already (see `text`)."""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import indent
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.cli.text import plain

_STYLES = {
    "ACTIVE": "green",
    "ONLINE": "green",
    "fits": "green",
    "chosen": "bold green",
    "ERROR": "bold red",
    "OFFLINE": "bold red",
    "refused": "red",
    "INACTIVE": "yellow",
    "UNKNOWN": "yellow",
    "SPAWNING": "yellow",
    "DESTROYING": "yellow",
    "PENDING_CREATE": "yellow",
    "PENDING_UPDATE": "yellow",
    "PENDING_DELETE": "yellow",
}
_STATES = frozenset({"status", "verdict"})
"""Titles of what is coloured: a name that reads ERROR is not."""

_UNLIMITED = 100_000
_ID_LENGTH = 36
_SHORT_ID = 8


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], *, terminal: bool) -> str:
    """Columns under titles."""
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        grid.add_column(Text(title.replace("_", " ").upper()), overflow="fold")
    for row in rows:
        pairs = zip(titles, row, strict=True)
        grid.add_row(*(_cell(title, _short(text) if terminal else text) for title, text in pairs))
    return _rendered(grid, terminal=terminal)


def sheet(item: Mapping[str, Any], *, terminal: bool) -> str:
    """Names and values."""
    grid = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in item.items():
        grid.add_row(Text(plain(name)), _cell(name, _spread(value)))
    return _rendered(grid, terminal=terminal)


def _spread(value: object) -> str:
    """Each part of a value on a line of its own; what is nested deeper, indented below."""
    match value:
        case Mapping() if value:
            return "\n".join(_entry(f"{plain(key)}:", part) for key, part in value.items())
        case list() if value:
            return "\n".join(
                _entry("-", part) if _is_nested(value) else plain(part) for part in value
            )
        case _:
            return plain(value)


def _entry(label: str, value: object) -> str:
    if _is_nested(value):
        return f"{label}\n{indent(_spread(value), '  ')}"
    return f"{label} {plain(value)}"


def _is_nested(value: object) -> bool:
    parts = value.values() if isinstance(value, Mapping) else value
    return isinstance(parts, Iterable) and any(isinstance(part, Mapping | list) for part in parts)


def _cell(title: str, text: str) -> Text:
    return Text(text, style=_STYLES.get(text, "") if title in _STATES else "")


def _short(text: str) -> str:
    is_id = len(text) == _ID_LENGTH and text.count("-") == 4
    return text[:_SHORT_ID] if is_id else text


def _rendered(grid: Table, *, terminal: bool) -> str:
    console = Console(
        width=None if terminal else _UNLIMITED, force_terminal=terminal, highlight=False
    )
    with console.capture() as capture:
        console.print(grid)
    return "".join(line.rstrip() + "\n" for line in capture.get().splitlines())
