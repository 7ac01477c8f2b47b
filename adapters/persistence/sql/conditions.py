"""Filters and markers as SQL conditions with the meaning of `core.domain.query.evaluate`.

SQL's comparisons with NULL, and databases' ideas of equality between types, differ from
Python's, so values that cannot be equal are left out and None is treated apart.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, false, or_

from adapters.persistence.sql.among import Among

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FilterShape:
    """A filter without its values: how many there are (2 for several), and whether None is
    one of them."""

    key: str
    values: int
    none: bool

    @property
    def matches_nothing(self) -> bool:
        return not self.values and not self.none


def comparable(column: "ColumnElement[Any]", accepted: Iterable[Any]) -> list[Any]:
    """Those of the accepted values that the column can be equal to, None excepted."""
    kind = column.type.python_type
    found = []
    for value in accepted:
        if kind is str:
            if isinstance(value, str):
                found.append(value.value if isinstance(value, Enum) else value)
        elif isinstance(value, bool | int | float):
            if kind is bool:
                found += [bool(value)] if value in (0, 1) else []
            elif abs(value) <= _LARGEST:
                found.append(int(value) if isinstance(value, bool) else value)
    return found


def matches(column: "ColumnElement[Any]", shape: FilterShape, name: str) -> "ColumnElement[bool]":
    """The condition of a filter, with the parameter `name` for its values."""
    options: list[ColumnElement[bool]] = []
    if shape.values == 1:
        options.append(column == bindparam(name, type_=column.type))
    elif shape.values:
        options.append(Among(column, name))
    if shape.none:
        options.append(column.is_(None))
    return or_(*options) if options else false()


@dataclass(frozen=True, slots=True)
class Step:
    """One key of an order as the database walks it; None comes first unless `descending`."""

    column: "ColumnElement[Any]"
    descending: bool
    nullable: bool

    def clauses(self) -> "list[ColumnElement[Any]]":
        """What to order by."""
        keys = [self.column.is_not(None), self.column] if self.nullable else [self.column]
        return [key.desc() if self.descending else key.asc() for key in keys]

    def beyond(self, name: str, *, marker_is_none: bool) -> "ColumnElement[bool]":
        """What comes after the marker's value by this key alone."""
        if marker_is_none:
            return false() if self.descending else self.column.is_not(None)
        value = bindparam(name, type_=self.column.type)
        if not self.descending:
            return self.column > value
        smaller = self.column < value
        return or_(smaller, self.column.is_(None)) if self.nullable else smaller

    def level(self, name: str, *, marker_is_none: bool) -> "ColumnElement[bool]":
        """What stands level with the marker by this key."""
        if marker_is_none:
            return self.column.is_(None)
        return self.column == bindparam(name, type_=self.column.type)


def after_marker(steps: list[Step], nones: tuple[bool, ...]) -> "ColumnElement[bool]":
    """What comes after the marker, whose values are the parameters ``m0``, ``m1``, ..."""
    options = []
    level: list[ColumnElement[bool]] = []
    for at, (step, none) in enumerate(zip(steps, nones, strict=True)):
        options.append(and_(*level, step.beyond(f"m{at}", marker_is_none=none)))
        level.append(step.level(f"m{at}", marker_is_none=none))
    return or_(*options)
