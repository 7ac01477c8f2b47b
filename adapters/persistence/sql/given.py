"""Rows that are handed to a statement, whose text is the same for any number of them.

PostgreSQL takes an array for each column and MariaDB a JSON document, so that all rows go in
one round trip. SQLite, which runs inside this process, takes changes one row after the other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

Row = Sequence[Any]

KEY = "VARCHAR(255) COLLATE utf8mb4_nopad_bin"
_ARRAYS = {str: "text[]", int: "bigint[]", bool: "boolean[]", float: "float8[]"}
_VALUES = {str: "LONGTEXT", int: "BIGINT", bool: "BOOLEAN", float: "DOUBLE"}
_MAXIMUM = 5_000
_encode = msgspec.json.Encoder().encode


def arrays(kinds: Iterable[type[Any]]) -> str:
    """PostgreSQL's rows of these types.

    Each array is asked for by a query of its own, so that the server does not know its length
    when it plans: it would plan anew for each group, and that takes longer than a small group.
    """
    return f"unnest({', '.join(f'(SELECT %b::{_ARRAYS[kind]})' for kind in kinds)})"


def table(dialect: str, keys: Sequence[str], values: Mapping[str, type[Any]]) -> str:
    """Rows of keys, which are text, and values as the table ``given``."""
    names = [*keys, *values]
    if dialect == "postgresql":
        kinds = [str for _ in keys] + list(values.values())
        return f"{arrays(kinds)} AS given({', '.join(names)})"
    kinds_of_json = [KEY for _ in keys] + [_VALUES[kind] for kind in values.values()]
    columns = ", ".join(
        f"{name} {kind} PATH '$[{at}]'"
        for at, (name, kind) in enumerate(zip(names, kinds_of_json, strict=True))
    )
    return f"JSON_TABLE(%s, '$[*]' COLUMNS ({columns})) AS given"


def parameters(dialect: str, rows: Sequence[Row]) -> Any:
    """What a statement takes for these rows; SQLite's is run once for each."""
    if dialect == "sqlite":
        return [tuple(row) for row in rows]
    return as_arrays(rows) if dialect == "postgresql" else as_document(rows)


def as_arrays(rows: Sequence[Row]) -> tuple[list[Any], ...]:
    """The parameters of `arrays`."""
    return tuple(map(list, zip(*rows, strict=True)))


def as_document(rows: Sequence[Row]) -> tuple[str]:
    """The rows as the one parameter of JSON_TABLE and SQLite's json_each."""
    return (_encode(rows).decode(),)


def parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows, so many at a time as one statement should have."""
    rest = iter(rows)
    while part := list(islice(rest, _MAXIMUM)):
        yield part
