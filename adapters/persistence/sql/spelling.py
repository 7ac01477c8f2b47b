"""Queries that SQLAlchemy spells once and PostgreSQL's driver executes, which takes less than half
of the time that SQLAlchemy needs for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.sql import ClauseElement, Executable

from adapters.persistence.sql.round_trip import Order

_KEPT = 1024
"""How many statements are kept: more than there are shapes of queries at work."""


@dataclass(frozen=True, slots=True)
class _Spelled:
    """A statement in the database's words, and the values that it has of itself."""

    text: str
    values: Mapping[str, Any]


def order_of(
    statement: Executable, dialect: Dialect, parameters: Mapping[str, Any] | None
) -> Order | None:
    """How to ask without SQLAlchemy; None for a statement whose text depends on its values."""
    spelled = _spelled(statement, dialect)
    if spelled is None:
        return None
    values = parameters or {}
    return Order(spelled.text, {**spelled.values, **values} if spelled.values else values, 0)


@lru_cache(maxsize=_KEPT)
def _spelled(statement: Executable, dialect: Dialect) -> _Spelled | None:
    if not isinstance(statement, ClauseElement):
        return None
    compiled: Any = statement.compile(dialect=dialect)
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    own = {name: value for name, value in compiled.params.items() if value is not None}
    return _Spelled(compiled.string, own)
