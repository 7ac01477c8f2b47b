"""Values as text that is safe on a terminal."""

from collections.abc import Mapping
from datetime import UTC, datetime


def safe(text: str) -> str:
    """The text on one line, with control, formatting and unassigned characters spelled out.

    Names come from tenants: an escape sequence in one must not reach the operator's terminal.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def plain(value: object) -> str:
    """Any JSON value for a table cell; nothing is "-"."""
    if value is None or value in ("", [], {}):
        return "-"
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case Mapping():
            return ", ".join(f"{safe(str(key))}={plain(item)}" for key, item in value.items())
        case list():
            return ", ".join(plain(item) for item in value)
        case _:
            return safe(str(value))


def moment(value: object) -> str:
    """Seconds since the epoch as date and time in UTC."""
    if not isinstance(value, int | float):
        return plain(value)
    return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def span(seconds: float) -> str:
    """A length of time, such as "3.2 s" or "4 min 10 s"."""
    if seconds < 60:
        return f"{max(seconds, 0.0):.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def dig(item: object, path: str) -> object:
    """The value at a dotted path such as ``usage.vips``; None where there is none."""
    for step in path.split("."):
        if not isinstance(item, Mapping):
            return None
        item = item.get(step)
    return item


def counted(number: int, noun: str) -> str:
    """ "1 device", "2 devices"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
