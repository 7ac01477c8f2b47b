"""Queries that SQLAlchemy spells once and PostgreSQL's driver executes, which takes less than half
of the time that SQLAlchemy needs for it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.sql import ClauseElement, Executable

from adapters.persistence.sql.round_trip import Order

_KEPT = 1024
"""How many statements are kept: more than there are shapes of queries at work."""

_TEXTS = re.compile(r"%s::(?:VARCHAR(?:\(\d+\))?|TEXT)\[\]")

_BY_PLACE = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class _Spelled:
    """A statement in PostgreSQL's words, the names of its parameters in their order, and the
    values that it has of itself."""

    text: str
    names: Sequence[str]
    values: Mapping[str, Any]


def order_of(statement: Executable, parameters: Mapping[str, Any] | None) -> Order | None:
    """How to ask without SQLAlchemy; None for a statement whose text depends on its values."""
    spelled = _spelled(statement)
    if spelled is None:
        return None
    values = {**spelled.values, **(parameters or {})}
    return Order(spelled.text, [values[name] for name in spelled.names], 0)


@lru_cache(maxsize=_KEPT)
def _spelled(statement: Executable) -> _Spelled | None:
    if not isinstance(statement, ClauseElement):
        return None
    compiled: Any = statement.compile(dialect=_BY_PLACE)
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    own = {name: value for name, value in compiled.params.items() if value is not None}
    text = _TEXTS.sub("%s::text[]", compiled.string)
    return _Spelled(text, tuple(compiled.positiontup), own)
