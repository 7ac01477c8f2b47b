"""Turns validated JSON objects into the commands of the use cases."""

import re
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from adapters.http.attribute import JsonSchema, types_of
from core.domain.errors import InvalidInput
from core.usecases.resource import Unchanged

Command = TypeVar("Command")

_INTEGER = re.compile(r"-?[0-9]{1,10}")
_BOOLEANS = {"true": True, "false": False}


def lenient(schema: JsonSchema, document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with numbers and booleans that older clients send as strings converted."""
    properties = schema["properties"]
    return {
        key: from_text(value, types_of(properties[key]))
        if isinstance(value, str) and key in properties
        else value
        for key, value in document.items()
    }


def from_text(value: str, types: frozenset[str]) -> Any:
    """The integer or boolean that a text stands for, where one is wanted; else the text."""
    if "string" in types:
        return value
    if "integer" in types and _INTEGER.fullmatch(value):
        return int(value)
    if "boolean" in types:
        return _BOOLEANS.get(value.lower(), value)
    return value


def to_command(command: Callable[..., Command], document: Mapping[str, Any]) -> Command:
    """Make a `command`, a dataclass, from a document that fits its schema.

    Null, and an empty object for an optional record, mean None, or not sent where the
    command has no None. Raises InvalidInput for what the schema let pass and the type does not.
    """
    fields = _fields(command)
    values: dict[str, Any] = {}
    for name, value in document.items():
        kinds, record, optional = fields[name]
        if value is None or (record and value == {}):
            if optional:
                values[name] = None
            continue
        try:
            values[name] = msgspec.convert(value, kinds)
        except msgspec.ValidationError as error:
            raise InvalidInput(name, str(error)) from None
    return command(**values)


@cache
def _fields(command: Callable[..., Any]) -> Mapping[str, tuple[Any, bool, bool]]:
    """Field -> its type without None and Unchanged, whether it is a record, whether optional."""
    result = {}
    for name, hint in get_type_hints(command).items():
        is_union = get_origin(hint) in (Union, UnionType)
        parts = get_args(hint) if is_union else (hint,)
        kinds = [part for part in parts if part not in (type(None), Unchanged)]
        optional = type(None) in parts
        record = optional and any(is_dataclass(kind) for kind in kinds)
        result[name] = (Union[tuple(kinds)], record, optional)  # noqa: UP007 - built at run time
    return result
