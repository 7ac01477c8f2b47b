"""Option values that stand for something structured, as the API wants it."""

import json
import sys
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Any

from adapters.cli.errors import usage

Body = dict[str, Any]


class Clear(Enum):
    """Marks a field that is to become null, where None means that it was not given."""

    CLEAR = "clear"


CLEAR = Clear.CLEAR


def given(**fields: Any) -> Body:
    """The fields that were given, as the body of a request."""
    return {
        name: None if value is CLEAR else value
        for name, value in fields.items()
        if value is not None
    }


def clearable(value: str | None) -> str | Clear | None:
    """An option whose empty value takes the field's value away."""
    return CLEAR if value == "" else value


def pairs(option: str, texts: Iterable[str] | None) -> dict[str, str]:
    """``key=value`` texts as a mapping. The values may be secret, so they are not repeated."""
    found = {}
    for text in texts or ():
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise usage(f"{option} wants KEY=VALUE")
        found[key] = value
    return found


def parted(option: str, texts: Iterable[str]) -> tuple[set[str], list[str]]:
    """The keys of ``key=`` texts, which are to go, and the other texts."""
    kept = list(texts)
    empty = {key for key, value in pairs(option, kept).items() if not value}
    return empty, [text for text in kept if text.partition("=")[0] not in empty]


def yes_or_no(option: str, text: str | None) -> bool | Clear | None:
    """``yes``, ``no``, or an empty value, which takes the field's value away."""
    if text is None:
        return None
    if text == "":
        return CLEAR
    if text not in ("yes", "no"):
        raise usage(f"{option} wants yes or no")
    return text == "yes"


def limits(texts: Iterable[str] | None) -> dict[str, int | None]:
    """``vips=100`` or ``vips=unlimited``."""
    return {
        key: None if value == "unlimited" else _whole("--limit", key, value)
        for key, value in pairs("--limit", texts).items()
    }


def demands(texts: Iterable[str] | None) -> dict[str, int]:
    """``connections=1000``."""
    return {key: _whole("--demand", key, value) for key, value in pairs("--demand", texts).items()}


def numbers(option: str, texts: Iterable[str] | None) -> dict[str, float]:
    """``wired=4``."""
    found = {}
    for key, value in pairs(option, texts).items():
        try:
            found[key] = float(value)
        except ValueError as error:
            raise usage(f"{option} {key} wants a number") from error
    return found


def parameters(source: str | None, single: Iterable[str] | None) -> Body | None:
    """A device's parameters: a JSON object (text, file or "-" for stdin), then single ones.

    A single value that is JSON counts as such (``port=8443`` is a number), any other is a
    string.
    """
    if source is None and not single:
        return None
    given = document("--parameters", source) if source is not None else {}
    return given | {
        key: _json_or_text(value) for key, value in pairs("--parameter", single).items()
    }


def persistence(text: str | None) -> Body | Clear | None:
    """``SOURCE_IP``, ``HTTP_COOKIE``, ``APP_COOKIE:name`` or ``none``."""
    if text is None:
        return None
    kind, colon, cookie = text.partition(":")
    if kind.lower() == "none":
        return CLEAR
    return {"type": kind.upper()} | ({"cookie_name": cookie} if colon else {})


def address_range(text: str) -> Body:
    """``first-last``."""
    start, dash, end = text.partition("-")
    if not dash:
        raise usage("--pool wants FIRST-LAST, such as 127.1.0.10-127.1.0.99")
    return {"start": start.strip(), "end": end.strip()}


def listed(texts: Iterable[str] | None) -> list[str]:
    """``a,b`` and repeated options alike."""
    return [part.strip() for text in texts or () for part in text.split(",") if part.strip()]


def document(option: str, source: str) -> Body:
    """A JSON object: itself, the file that holds it, or "-" for standard input."""
    is_text = source.lstrip().startswith("{")
    origin = "the text" if is_text else "standard input" if source == "-" else source
    try:
        found = json.loads(source if is_text else _read(source))
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise usage(f"{option}: cannot read {origin}: {reason}") from error
    except ValueError:
        # Its cause would quote what may be secret.
        raise usage(f"{option}: {origin} is not JSON") from None
    if not isinstance(found, dict):
        raise usage(f"{option}: {origin} is not a JSON object")
    return found


def _read(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")


def _json_or_text(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def whole(option: str, text: str) -> int:
    """``100``."""
    try:
        return int(text)
    except ValueError as error:
        raise usage(f"{option} wants a whole number") from error


def _whole(option: str, key: str, text: str) -> int:
    return whole(f"{option} {key}", text)
