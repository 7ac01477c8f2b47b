"""Statements over many ids, a bounded number of parameters at a time."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy.sql import Executable

from adapters.persistence.sql.session import Session

_SIZE = 5_000


def rows_for_all(session: Session, statement: Executable, ids: Iterable[str]) -> Iterator[Any]:
    """The rows of a statement with the expanding parameter ``ids``."""
    for chunk in _chunks(ids):
        yield from session.rows(statement, {"ids": chunk})


def _chunks(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    rest = iter(dict.fromkeys(ids))
    while chunk := list(islice(rest, _SIZE)):
        yield chunk
