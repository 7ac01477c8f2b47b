"""Parameters in the form in which PostgreSQL takes them, for statements that say which are
arrays by a cast."""

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_MARK = re.compile(r"%%|%[bs](::(\w+)\[\])?")
_AS_TEXT, _BINARY = 0, 1
_HEAD = struct.Struct("!iiIii").pack
_EMPTY = struct.Struct("!iiI").pack
_SIZE = struct.Struct("!i").pack
_NULL = _SIZE(-1)
_OIDS = {"text": 25, "bigint": 20, "boolean": 16, "float8": 701}
_FIXED = {
    "bigint": (struct.Struct("!iq").pack, 8),
    "boolean": (struct.Struct("!i?").pack, 1),
    "float8": (struct.Struct("!id").pack, 8),
}


@dataclass(frozen=True, slots=True)
class Spelled:
    """A statement with the server's marks, and the element type of each parameter that is an
    array; None: it is a value, whose type the server finds out."""

    text: bytes
    arrays: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Dumped:
    """Parameters and how each is written."""

    values: Sequence[bytes | None]
    formats: Sequence[int]


@lru_cache(maxsize=1024)
def spelled(text: str) -> Spelled:
    """A statement with marks as psycopg takes them, ``%s`` or ``%b`` and ``%%`` for a sign of
    percent, in the server's words."""
    arrays: list[str | None] = []

    def mark_of(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        arrays.append(found[2])
        return f"${len(arrays)}{found[1] or ''}"

    marked = _MARK.sub(mark_of, text)
    return Spelled(marked.encode(), tuple(arrays))


def dump(text: str, values: Sequence[Any], encoding: str) -> Dumped:
    """The parameters of a statement."""
    kinds = spelled(text).arrays
    return Dumped(
        [
            _value(value, encoding) if kind is None else _array(kind, value, encoding)
            for kind, value in zip(kinds, values, strict=True)
        ],
        [
            _AS_TEXT if kind is None and not isinstance(value, str) else _BINARY
            for kind, value in zip(kinds, values, strict=True)
        ],
    )


def _value(value: Any, encoding: str) -> bytes | None:
    if value is None:
        return None
    # Text goes as it is: as a parameter in text form it would end at the first zero byte.
    return value.encode(encoding) if isinstance(value, str) else repr(value).encode()


def _array(kind: str, values: Sequence[Any], encoding: str) -> bytes:
    has_null = None in values
    if not values:
        return _EMPTY(0, 0, _OIDS[kind])
    head = _HEAD(1, has_null, _OIDS[kind], len(values), 1)
    if kind == "text":
        return head + b"".join(_texts(values, encoding))
    pack, size = _FIXED[kind]
    if has_null:
        return head + b"".join(_NULL if one is None else pack(size, one) for one in values)
    return head + b"".join([pack(size, one) for one in values])


def _texts(values: Iterable[str | None], encoding: str) -> list[bytes]:
    parts = []
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            data = value.encode(encoding)
            parts += (_SIZE(len(data)), data)
    return parts
