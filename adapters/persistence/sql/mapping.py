"""Rows to frozen dataclasses and back."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from enum import Enum
from operator import attrgetter
from types import NoneType
from typing import Any, Generic, TypeVar, get_type_hints

import msgspec
from sqlalchemy import Column, Table

from adapters.persistence.collection import alternatives, is_scalar
from core.domain.service import Stamp

T = TypeVar("T")

Codec = tuple[Callable[[Any], Any], Callable[[Any], Any]]
"""How a value that is not None is made from a column's, and the other way."""

_STAMP = ("stamp_service_id", "stamp_revision", "stamp_created")


class RowMapping(Generic[T]):
    """The way between rows of `table` and `entity` objects, whose class has slots.

    A field is a column of the same name: enumerators by value, compound values as JSON text.
    A Stamp is three columns. `parts` names the fields that are kept in other tables.
    """

    def __init__(self, entity: type[T], table: Table, parts: tuple[str, ...] = ()) -> None:
        self._entity = entity
        hints = get_type_hints(entity)
        plain = [
            field.name
            for field in fields(entity)  # type: ignore[arg-type]  # T is a dataclass
            if field.name not in parts and hints[field.name] != Stamp | None
        ]
        self._stamp = "stamp" in hints
        self.columns: list[Column[Any]] = [table.c[name] for name in plain]
        if self._stamp:
            self.columns += [table.c[name] for name in _STAMP]
        codecs = [_codec(hints[name]) for name in plain]
        self._decoders = [(at, one[0]) for at, one in enumerate(codecs) if one is not None]
        # Databases without booleans give 0 and 1.
        self._decoders += [
            (at, bool) for at, name in enumerate(plain) if bool in alternatives(hints[name])
        ]
        self._encoders = [(at, one[1]) for at, one in enumerate(codecs) if one is not None]
        self._names = [column.name for column in self.columns]
        self._read: Callable[[T], tuple[Any, ...]] = attrgetter(*plain)
        # Setting the slots is half the cost of calling a frozen dataclass, and a list of a
        # thousand objects is mostly this.
        self._setters = [_setter(entity, name) for name in plain]
        self._part_setters = [_setter(entity, name) for name in parts]
        if self._stamp:
            self._set_stamp = _setter(entity, "stamp")

    def load(self, row: Sequence[Any], parts: Sequence[Any] = ()) -> T:
        """The object of a row with `columns` in their order, completed with its `parts`."""
        values = list(row)
        for at, decode in self._decoders:
            if values[at] is not None:
                values[at] = decode(values[at])
        item = object.__new__(self._entity)
        for put, value in zip(self._setters, values, strict=False):
            put(item, value)
        for put, value in zip(self._part_setters, parts, strict=True):
            put(item, value)
        if self._stamp:
            service_id, revision, created = values[-3:]
            self._set_stamp(
                item, None if service_id is None else Stamp(service_id, revision, bool(created))
            )
        return item

    def dump(self, item: T) -> dict[str, Any]:
        """The row of an object, by column name."""
        return dict(zip(self._names, self.values(item), strict=True))

    def values(self, item: T) -> list[Any]:
        """The row of an object, in the order of `columns`."""
        row = list(self._read(item))
        for at, encode in self._encoders:
            if row[at] is not None:
                row[at] = encode(row[at])
        if self._stamp:
            stamp: Stamp | None = getattr(item, "stamp")  # noqa: B009  # T need not have one
            row += (
                (None, None, None)
                if stamp is None
                else (stamp.service_id, stamp.revision, stamp.created)
            )
        return row


def json_codec(kind: Any) -> Codec:
    """The way between values of a type and JSON text."""
    encoder, decoder = msgspec.json.Encoder(order="deterministic"), msgspec.json.Decoder(kind)
    return decoder.decode, lambda value: encoder.encode(value).decode()


def _codec(hint: Any) -> Codec | None:
    if not is_scalar(hint):
        return json_codec(hint)
    for option in alternatives(hint):
        if option is not NoneType and issubclass(option, Enum):
            by_value = {enumerator.value: enumerator for enumerator in option}
            return by_value.__getitem__, lambda enumerator: enumerator.value
    return None


def _setter(entity: type[Any], name: str) -> Callable[[Any, Any], None]:
    setter: Callable[[Any, Any], None] = vars(entity)[name].__set__
    return setter
