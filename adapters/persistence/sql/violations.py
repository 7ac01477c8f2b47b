"""What a database says of a broken constraint, in the terms of the ports."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.exc import IntegrityError

from adapters.persistence.collection import PART
from adapters.persistence.misuse import BrokenReference
from adapters.persistence.sql.tables import METADATA, listeners
from core.ports.repository import Duplicate


def translated(error: IntegrityError, dialect: str) -> Exception:
    """Duplicate, BrokenReference, or the error itself when it is neither."""
    broken = _READERS[dialect](error.orig)
    fields = _FIELDS.get(broken)
    if fields is not None:
        return Duplicate(fields)
    return BrokenReference(str(error.orig)) if broken == _FOREIGN_KEY else error


_FOREIGN_KEY = "foreign key"


def _constraints() -> dict[str, tuple[str, ...]]:
    # MariaDB names no table with a primary key; that of nearly all is ``id``.
    found: dict[str, tuple[str, ...]] = {"PRIMARY": ("id",)}
    for table in METADATA.sorted_tables:
        prefix = PART if table is listeners else ""
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint) or constraint is table.primary_key:
                columns = tuple(column.name for column in constraint.columns)
                fields = tuple(prefix + column for column in columns)
                found[str(constraint.name)] = fields
                found[", ".join(f"{table.name}.{column}" for column in columns)] = fields
    return found


def _sqlite(error: Any) -> str:
    if error.sqlite_errorname == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return _FOREIGN_KEY
    return str(error).partition("UNIQUE constraint failed: ")[2]


def _postgresql(error: Any) -> str:
    if error.sqlstate == "23503":
        return _FOREIGN_KEY
    return str(error.diag.constraint_name)


def _mysql(error: Any) -> str:
    code, message = error.args
    if code in (1451, 1452):
        return _FOREIGN_KEY
    key = re.search(r"for key '(?:(\w+)\.)?(\w+)'", message)
    return "" if key is None else key[2]


_FIELDS = _constraints()
_READERS: dict[str, Callable[[Any], str]] = {
    "sqlite": _sqlite,
    "postgresql": _postgresql,
    "mysql": _mysql,
    "mariadb": _mysql,
}
