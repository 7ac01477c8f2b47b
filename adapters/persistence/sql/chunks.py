"""Statements over many ids, a bounded number of parameters at a time."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy.sql import Executable

from adapters.persistence.sql.session import Session

_SIZE = 5_000


def rows_for_all(session: Session, statement: Executable, ids: Iterable[str]) -> Iterator[Any]:
    """The rows of a statement with the parameter ``ids`` of an Among, asked for as by
    Session.ask."""
    asked = [session.ask_rows(statement, {"ids": chunk}) for chunk in chunked(ids)]
    return (row for question in asked for row in question.rows())


def chunked(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    """The ids, each once, so many at a time as one statement should have."""
    rest = iter(dict.fromkeys(ids))
    while chunk := list(islice(rest, _SIZE)):
        yield chunk
