"""What a database says of a broken constraint, in the terms of the ports."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.exc import IntegrityError

from adapters.persistence.collection import PART
from adapters.persistence.misuse import BrokenReference
from adapters.persistence.sql.round_trip import unmet
from adapters.persistence.sql.tables import METADATA, bindings, device_networks, listeners
from core.ports.repository import Duplicate


def translated(error: IntegrityError, dialect: str) -> Exception:
    """Duplicate, BrokenReference, StoreConflict where claims met what they did not expect, or the
    error itself when it is none of these."""
    broken = _READERS[dialect](error)
    if broken in _OF_CLAIMS:
        return unmet()
    fields = _FIELDS.get(broken)
    if fields is not None:
        return Duplicate(fields)
    return BrokenReference(str(error.orig)) if broken == _FOREIGN_KEY else error


_FOREIGN_KEY = "foreign key"


def _constraints() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for table in METADATA.sorted_tables:
        prefix = PART if table is listeners else ""
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint) or constraint is table.primary_key:
                columns = tuple(column.name for column in constraint.columns)
                fields = tuple(prefix + column for column in columns)
                found[str(constraint.name)] = fields
                # SQLite names the columns instead.
                found[", ".join(f"{table.name}.{column}" for column in columns)] = fields
    return found


def _sqlite(error: IntegrityError) -> str:
    cause: Any = error.orig
    if cause.sqlite_errorname == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return _FOREIGN_KEY
    return str(cause).partition("UNIQUE constraint failed: ")[2]


def _postgresql(error: IntegrityError) -> str:
    cause: Any = error.orig
    if cause.sqlstate == "23503":
        return _FOREIGN_KEY
    return str(cause.diag.constraint_name)


def _mysql(error: IntegrityError) -> str:
    cause: Any = error.orig
    code, message = cause.args
    if code in (1451, 1452):
        return _FOREIGN_KEY
    # The values come before the key's name, and may look like one.
    key = re.search(r"for key '(?:\w+\.)?(\w+)'\Z", message)
    if key is None:
        return ""
    if key[1] != "PRIMARY":
        return key[1]
    # Every table's primary key has this name; ours are changed by no UPDATE.
    table = re.match(r"INSERT INTO `?(\w+)", error.statement or "")
    return "" if table is None else str(METADATA.tables[table[1]].primary_key.name)


_FIELDS = _constraints()
_OF_CLAIMS = frozenset(str(table.primary_key.name) for table in (bindings, device_networks))
"""Nothing but claims adds to these."""
_READERS: dict[str, Callable[[IntegrityError], str]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mysql": _mysql,
    "mariadb": _mysql,
}
