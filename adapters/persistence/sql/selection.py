"""Queries as SELECT statements. Statements are built once for each shape of a query."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, func, select

from adapters.persistence.collection import PART
from adapters.persistence.sql import tables
from adapters.persistence.sql.conditions import (
    FilterShape,
    Step,
    after_marker,
    comparable,
    matches,
)
from adapters.persistence.sql.records import FIRST_LISTENER, Record
from adapters.persistence.sql.session import Session
from core.domain.query import Query, Sort, UnknownMarker

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filters:
    """A query's filters, taken apart into their shapes and the values of their parameters."""

    shapes: tuple[FilterShape, ...]
    values: Mapping[str, Any]

    @property
    def match_nothing(self) -> bool:
        return any(shape.matches_nothing for shape in self.shapes)


@dataclass(frozen=True, slots=True)
class _Shape:
    """Everything of a query that its statement depends on."""

    filters: tuple[FilterShape, ...]
    order: tuple[Sort, ...]
    limited: bool
    reverse: bool
    marker_nones: tuple[bool, ...] | None


def ask_for_rows(
    session: Session, record: Record[Any], query: Query
) -> Callable[[], Sequence[Any]]:
    """The rows that answer the query, asked for as by Session.ask. Raises UnknownMarker."""
    filters = take_apart(record, query.filters)
    if filters.match_nothing:
        if query.marker is not None:
            raise UnknownMarker(query.marker)
        return list
    values = dict(filters.values)
    nones = None
    if query.marker is not None:
        nones, marker = _marker(session, record, query, filters)
        values.update(marker)
    if query.limit is not None:
        values["limit_"] = query.limit
    shape = _Shape(filters.shapes, query.order, query.limit is not None, query.reverse, nones)
    question = session.ask_rows(_page(record, shape), values)
    return (lambda: question.rows()[::-1]) if query.reverse else question.rows


def count_rows(
    session: Session, record: Record[Any], filters: Mapping[str, tuple[Any, ...]]
) -> int:
    """How many rows match."""
    parts = take_apart(record, filters)
    if parts.match_nothing:
        return 0
    return int(session.rows(_count(record, parts.shapes), parts.values)[0][0])


def take_apart(record: Record[Any], filters: Mapping[str, tuple[Any, ...]]) -> Filters:
    """Separate what a statement depends on from the values."""
    shapes = []
    values: dict[str, Any] = {}
    for at, (key, accepted) in enumerate(filters.items()):
        found = comparable(record.column(key), accepted)
        shapes.append(FilterShape(key, min(len(found), 2), None in accepted))
        if found:
            values[f"f{at}"] = found[0] if len(found) == 1 else found
    return Filters(tuple(shapes), values)


def _marker(
    session: Session, record: Record[Any], query: Query, filters: Filters
) -> tuple[tuple[bool, ...], dict[str, Any]]:
    statement = _marker_row(record, filters.shapes, query.order)
    rows = session.rows(statement, {**filters.values, "marker_": query.marker})
    if not rows:
        raise UnknownMarker(query.marker)
    values = {f"m{at}": value for at, value in enumerate(rows[0]) if value is not None}
    return tuple(value is None for value in rows[0]), values


@lru_cache(maxsize=512)
def _page(record: Record[Any], shape: _Shape) -> "Select[Any]":
    statement = _joined(record, select(*record.mapping.columns), shape.order)
    statement = statement.where(*_conditions(record, shape.filters))
    steps = [_step(record, sort, reverse=shape.reverse) for sort in shape.order]
    if shape.marker_nones is not None:
        statement = statement.where(after_marker(steps, shape.marker_nones))
    statement = statement.order_by(*(clause for step in steps for clause in step.clauses()))
    return statement.limit(bindparam("limit_", type_=Integer)) if shape.limited else statement


@lru_cache(maxsize=128)
def _count(record: Record[Any], shapes: tuple[FilterShape, ...]) -> "Select[Any]":
    statement = select(func.count()).select_from(record.table)
    return statement.where(*_conditions(record, shapes))


@lru_cache(maxsize=256)
def _marker_row(
    record: Record[Any], shapes: tuple[FilterShape, ...], order: tuple[Sort, ...]
) -> "Select[Any]":
    statement = _joined(record, select(*(record.column(sort.key) for sort in order)), order)
    return statement.where(*_conditions(record, shapes), record.key == bindparam("marker_"))


def _joined(
    record: Record[Any], statement: "Select[Any]", order: tuple[Sort, ...]
) -> "Select[Any]":
    if not any(sort.key.startswith(PART) for sort in order):
        return statement.select_from(record.table)
    is_first = and_(FIRST_LISTENER.c.load_balancer_id == record.key, FIRST_LISTENER.c.position == 0)
    return statement.select_from(record.table.outerjoin(FIRST_LISTENER, is_first))


def _conditions(
    record: Record[Any], shapes: tuple[FilterShape, ...]
) -> "list[ColumnElement[bool]]":
    conditions = []
    of_listener = []
    for at, shape in enumerate(shapes):
        if shape.key.startswith(PART):
            column: ColumnElement[Any] = tables.listeners.c[shape.key.removeprefix(PART)]
            of_listener.append(matches(column, shape, f"f{at}"))
        else:
            conditions.append(matches(record.column(shape.key), shape, f"f{at}"))
    if of_listener:
        owners = select(tables.listeners.c.load_balancer_id).where(*of_listener)
        conditions.append(record.key.in_(owners))
    return conditions


def _step(record: Record[Any], sort: Sort, *, reverse: bool) -> Step:
    column = record.column(sort.key)
    nullable = sort.key.startswith(PART) or bool(getattr(column, "nullable", True))
    return Step(column, sort.descending is not reverse, nullable)
