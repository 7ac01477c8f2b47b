"""A specification in the terms of JSON."""

from enum import Enum
from typing import Any


def json_terms(value: Any) -> Any:
    """The same as dicts, lists, plain strings and numbers.

    Takes slotted dataclasses, enums, tuples and plain values: what a specification is made of.
    """
    if value is None or type(value) in _PLAIN:
        return value
    if isinstance(value, tuple):
        return [json_terms(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    return {name: json_terms(getattr(value, name)) for name in value.__slots__}


_PLAIN = frozenset({str, int, bool})
