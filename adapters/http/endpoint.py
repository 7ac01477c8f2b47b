"""Joins a resource's schema with the use cases that serve it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Protocol

import msgspec

from adapters.http.attribute import ResourceSchema, Use
from adapters.http.conversion import lenient, to_command
from core.domain.errors import InvalidInput
from core.domain.query import Query
from core.ports.schema_validator import SchemaValidator
from core.usecases.caller import Caller
from core.usecases.resource import Resource

MAX_ITEMS = 100
"""Of one request that creates several objects: others wait while it is carried out."""

_ENCODER = msgspec.json.Encoder()
_SKIPPED = object()


class Readable(Protocol):
    """Use cases of a resource that clients only look at."""

    def show(self, caller: Caller, identity: str) -> Any:
        """One object."""

    def list(self, caller: Caller, query: Query) -> Sequence[Any]:
        """The objects that the caller may see and that match."""


@dataclass(frozen=True, slots=True)
class ReadEndpoint:
    """A resource that clients only look at."""

    schema: ResourceSchema
    use_cases: Readable

    def one(self, view: Any, names: Sequence[str] = ()) -> bytes:
        """The response with one object, of which `names` were asked for (none: all)."""
        return encode({self.schema.singular: self._shown(view, names)})

    def many(
        self, views: Sequence[Any], names: Sequence[str], links: list[dict[str, str]] | None
    ) -> bytes:
        """The response with a list; `links` None: without them."""
        body: dict[str, Any] = {self.schema.plural: [self._shown(view, names) for view in views]}
        if links is not None:
            body[f"{self.schema.plural}_links"] = links
        return encode(body)

    def _shown(self, view: Any, names: Sequence[str]) -> Any:
        schema = self.schema
        if not schema.fields:
            return shown(view, names)
        found = shown(view, [schema.field_of(name) for name in names or _shape(view.__class__)[0]])
        return {schema.attribute_of.get(name, name): value for name, value in found.items()}


@dataclass(frozen=True, slots=True)
class Endpoint(ReadEndpoint):
    """A resource that clients also change; `creation` and `change` are its commands' types."""

    use_cases: Resource[Any, Any, Any]
    creation: type[Any]
    change: type[Any]
    validator: SchemaValidator

    def creations(self, body: Mapping[str, Any]) -> tuple[list[Any], bool]:
        """The commands in the body of a POST, and whether it was sent as a list."""
        name, content = _only_member(body, (self.schema.singular, self.schema.plural))
        if name == self.schema.singular:
            return [self._creation(content, name)], False
        if not isinstance(content, list) or not 1 <= len(content) <= MAX_ITEMS:
            raise InvalidInput(name, f"must be a list of 1 to {MAX_ITEMS} items")
        return [self._creation(item, f"{name}.{n}") for n, item in enumerate(content)], True

    def changed(self, body: Mapping[str, Any]) -> Any:
        """The command in the body of a PUT."""
        name, content = _only_member(body, (self.schema.singular,))
        document = checked(self.validator, self.schema, Use.UPDATE, content, name)
        return to_command(self.change, document)

    def _creation(self, content: Any, place: str) -> Any:
        document = checked(self.validator, self.schema, Use.CREATE, content, place)
        return to_command(self.creation, document)


def checked(
    validator: SchemaValidator,
    resource: ResourceSchema,
    use: Use,
    content: Any,
    place: str,
) -> dict[str, Any]:
    """The content, sent to create or to update, valid and with aliases replaced.

    `place` names it in errors. Raises InvalidInput.
    """
    schema = resource.creation if use is Use.CREATE else resource.change
    if not isinstance(content, dict):
        raise InvalidInput(place, "must be an object")
    document = lenient(schema, content)
    for name in document:
        _check_use(resource, name, use)
    for violation in validator.violations(schema, document):
        raise InvalidInput(violation.path or place, violation.message)
    for alias, name in resource.aliases.items():
        if alias in document:
            value = document.pop(alias)
            if document.setdefault(name, value) != value:
                raise InvalidInput(alias, f"differs from {name}")
    return {resource.field_of(name): value for name, value in document.items()}


def encode(body: Any) -> bytes:
    """JSON."""
    return _ENCODER.encode(body)


def shown(view: Any, names: Sequence[str] = ()) -> Any:
    """A view as the response holds it, with only `names` if there are any."""
    view_fields, unless_none = _shape(view.__class__)
    if not names and not unless_none:
        return view
    chosen = names or view_fields
    values = {name: getattr(view, name, _SKIPPED) for name in chosen}
    return {
        name: value
        for name, value in values.items()
        if value is not _SKIPPED and not (value is None and name in unless_none)
    }


@cache
def _shape(view: Any) -> tuple[tuple[str, ...], frozenset[str]]:
    """A view's fields, and those that a response leaves out while they are None."""
    names = tuple(field.name for field in fields(view))
    return names, getattr(view, "SHOWN_UNLESS_NONE", frozenset())


def _only_member(body: Mapping[str, Any], names: Sequence[str]) -> tuple[str, Any]:
    if len(body) != 1 or next(iter(body)) not in names:
        raise InvalidInput("body", f"must have exactly one member, {' or '.join(names)}")
    return next(iter(body.items()))


def _check_use(resource: ResourceSchema, name: str, use: Use) -> None:
    attribute = resource.by_name.get(name)
    if attribute is None:
        raise InvalidInput(name, f"{resource.plural} have no attribute '{name}'")
    if use in attribute.use:
        return
    if attribute.use is Use.NONE:
        raise InvalidInput(name, f"attribute '{name}' is read-only")
    raise InvalidInput(name, f"attribute '{name}' cannot be changed after creation")
