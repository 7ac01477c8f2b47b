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
    written: list[bytes | None] = []
    formats: list[int] = []
    for kind, value in zip(spelled(text).arrays, values, strict=True):
        if kind is not None:
            written.append(_array(kind, value, encoding))
            formats.append(_BINARY)
        elif isinstance(value, str):
            # Text goes as it is: as a parameter in text form it would end at the first zero byte.
            written.append(value.encode(encoding))
            formats.append(_BINARY)
        else:
            written.append(None if value is None else repr(value).encode())
            formats.append(_AS_TEXT)
    return Dumped(written, formats)


def _array(kind: str, values: Sequence[Any], encoding: str) -> bytes:
    has_null = None in values
    if not values:
        return _EMPTY(0, 0, _OIDS[kind])
    parts = [_HEAD(1, has_null, _OIDS[kind], len(values), 1)]
    if kind == "text":
        parts += _texts(values, encoding)
    else:
        pack, size = _FIXED[kind]
        parts += [_NULL if one is None else pack(size, one) for one in values]
    return b"".join(parts)


def _texts(values: Iterable[str | None], encoding: str) -> list[bytes]:
    parts = []
    for value in values:
        if value is None:
            parts.append(_NULL)
        else:
            data = value.encode(encoding)
            parts += (_SIZE(len(data)), data)
    return parts
