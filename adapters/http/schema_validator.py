"""Implements the SchemaValidator port with jsonschema."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from core.ports.schema_validator import Violation

_CACHED = 512
"""How many compiled schemas are kept."""


class JsonSchemaValidator:
    """Compiles each schema object once.

    Differs from jsonschema where that differs from JSON Schema or from what is useful:
    ``$`` does not match before a final line break, and 1.0 is not an integer.
    """

    def __init__(self) -> None:
        self._compiled: dict[int, tuple[Mapping[str, object], Any]] = {}

    def violations(self, schema: Mapping[str, object], document: object) -> list[Violation]:
        validator = self._validator(schema)
        if validator.is_valid(document):
            return []
        found = {
            violation
            for error in validator.iter_errors(document)
            for violation in _violations(error)
        }
        return sorted(found, key=lambda violation: (violation.path, violation.message))

    def _validator(self, schema: Mapping[str, object]) -> Any:
        # The schema is kept with its validator, so that no other object gets its id.
        known = self._compiled.get(id(schema))
        if known is not None:
            return known[1]
        if len(self._compiled) >= _CACHED:
            self._compiled.clear()
        validator = _Validator(schema, format_checker=_FORMATS)
        self._compiled[id(schema)] = (schema, validator)
        return validator


def _integer(_: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@lru_cache(maxsize=512)
def _compiled_pattern(pattern: str) -> re.Pattern[str]:
    end = pattern.endswith("$") and not pattern.endswith(r"\$")
    return re.compile(pattern[:-1] + r"\Z" if end else pattern)


def _pattern(
    _: object, pattern: str, value: object, __: Mapping[str, object]
) -> Iterator[ValidationError]:
    if isinstance(value, str) and not _compiled_pattern(pattern).search(value):
        yield ValidationError("")


def _ip_address(value: object) -> bool:
    if not isinstance(value, str):
        return True
    ipaddress.ip_address(value)
    return "%" not in value


def _cidr(value: object) -> bool:
    if not isinstance(value, str):
        return True
    ipaddress.ip_network(value, strict=False)
    return "/" in value and "%" not in value


_FORMATS = FormatChecker(formats=("date-time", "email", "ipv4", "ipv6", "uuid"))
_FORMATS.checks("ip-address", raises=ValueError)(_ip_address)
_FORMATS.checks("cidr", raises=ValueError)(_cidr)

_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators={"pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _integer),
)


def _violations(error: Any) -> Iterator[Violation]:
    """An error in words that repeat no value, with the place of what is missing or too much."""
    place = tuple(str(step) for step in error.absolute_path)
    if error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance:
                yield Violation(".".join((*place, name)), "is required")
    elif error.validator == "additionalProperties" and error.validator_value is False:
        for name in error.instance:
            if name not in error.schema.get("properties", {}):
                yield Violation(".".join((*place, name)), "unknown attribute")
    elif error.validator in ("anyOf", "oneOf") and error.context:
        forms = sorted(
            {violation.message for inner in error.context for violation in _violations(inner)}
        )
        yield Violation(".".join(place), f"fits none of the allowed forms ({'; '.join(forms)})")
    else:
        yield Violation(".".join(place), _message(str(error.validator), error.validator_value))


def _message(keyword: str, value: Any) -> str:
    words = _WORDS.get(keyword)
    return words(value) if words is not None else f"does not meet {keyword}"


def _listed(values: Sequence[object]) -> str:
    return ", ".join("null" if value is None else str(value) for value in values)


def _type(value: str | list[str]) -> str:
    return f"must be of type {value if isinstance(value, str) else ' or '.join(value)}"


_WORDS: Mapping[str, Callable[[Any], str]] = {
    "type": _type,
    "enum": lambda value: f"must be one of {_listed(value)}",
    "const": lambda value: f"must be {value}",
    "minimum": lambda value: f"must be at least {value}",
    "maximum": lambda value: f"must be at most {value}",
    "exclusiveMinimum": lambda value: f"must be more than {value}",
    "exclusiveMaximum": lambda value: f"must be less than {value}",
    "minLength": lambda value: f"must have at least {value} characters",
    "maxLength": lambda value: f"must have at most {value} characters",
    "pattern": lambda value: f"must match {value}",
    "format": lambda value: f"is not a valid {value}",
    "minItems": lambda value: f"must have at least {value} items",
    "maxItems": lambda value: f"must have at most {value} items",
    "maxProperties": lambda value: f"must have at most {value} members",
    "uniqueItems": lambda _: "must not have an item twice",
    "dependentRequired": lambda value: f"lacks what must go with it: {_dependants(value)}",
}


def _dependants(value: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{', '.join(needed)} with {name}" for name, needed in value.items())
