"""Finds which of several changes makes an attempt fail, so that the others succeed."""

from collections.abc import Callable, Mapping
from typing import TypeVar

Change = TypeVar("Change")

LINES_TOLD = 3


def isolate(
    changes: Mapping[str, Change], attempt: Callable[[Mapping[str, Change]], str | None]
) -> dict[str, str]:
    """Make as many of the changes as possible; return the others, with why each failed.

    `attempt` makes all the changes it is given or none, and returns None or HAProxy's words.
    The changes whose id these name are at fault; when they name none, halves are tried,
    unless not even no change at all can be made.
    """
    if not changes:
        return {}
    text = attempt(changes)
    if text is None:
        return {}
    if len(changes) == 1:
        return dict.fromkeys(changes, summary(text))
    blamed = {name: told for name in changes if (told := _lines_about(name, text))}
    if blamed:
        rest = {name: change for name, change in changes.items() if name not in blamed}
        return blamed | isolate(rest, attempt)
    healthy = attempt({})
    if healthy is not None:
        return dict.fromkeys(changes, summary(healthy))
    names = list(changes)
    half = len(names) // 2
    failures: dict[str, str] = {}
    for part in (names[:half], names[half:]):
        failures |= isolate({name: changes[name] for name in part}, attempt)
    return failures


def summary(text: str) -> str:
    """The lines that say what is wrong, without HAProxy's prefixes."""
    alerts = [row for row in text.splitlines() if row.startswith("[ALERT]")]
    return "; ".join(_message(row) for row in (alerts or text.splitlines())[:LINES_TOLD])


def _lines_about(name: str, text: str) -> str:
    rows = [row for row in text.splitlines() if row.startswith("[ALERT]") and name in row]
    return "; ".join(_message(row) for row in rows[:LINES_TOLD])


def _message(row: str) -> str:
    return row.partition(") : ")[2] or row
