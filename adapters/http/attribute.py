"""Describes a resource once: requests, responses, filters and OpenAPI all follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Flag, auto
from functools import cached_property
from typing import Any

JsonSchema = Mapping[str, Any]

SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})


class Use(Flag):
    """Where clients may send an attribute."""

    NONE = 0
    CREATE = auto()
    UPDATE = auto()
    REQUIRE = auto()
    """At creation."""


READ_ONLY = Use.NONE
CREATE = Use.CREATE
CREATE_AND_UPDATE = Use.CREATE | Use.UPDATE
REQUIRED = Use.CREATE | Use.REQUIRE
REQUIRED_AND_UPDATE = Use.CREATE | Use.UPDATE | Use.REQUIRE


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. `schema` is that of requests, and of responses unless `shown` is another.

    A default in `schema` describes what creation does. `always` False: responses may lack it.
    `stored` False: it is worked out for each response, so lists cannot be selected by it.
    """

    name: str
    schema: JsonSchema
    text: str
    use: Use = READ_ONLY
    shown: JsonSchema | None = None
    always: bool = True
    stored: bool = True

    @property
    def response(self) -> JsonSchema:
        return self._described(self.shown if self.shown is not None else self.schema)

    @property
    def creation(self) -> JsonSchema:
        return {**self.schema, "description": self.text}

    @property
    def change(self) -> JsonSchema:
        return self._described(self.schema)

    @property
    def types(self) -> frozenset[str]:
        """The JSON types that responses may hold."""
        return types_of(self.shown if self.shown is not None else self.schema)

    @property
    def selectable(self) -> bool:
        """Whether lists can be filtered and sorted by it."""
        return self.stored and bool(self.types) and self.types <= SCALARS

    def _described(self, schema: JsonSchema) -> JsonSchema:
        rest = {key: value for key, value in schema.items() if key != "default"}
        return {**rest, "description": self.text}


def types_of(schema: JsonSchema) -> frozenset[str]:
    """The JSON types that a schema names."""
    named = schema.get("type", ())
    return frozenset((named,) if isinstance(named, str) else named)


@dataclass(frozen=True)
class ResourceSchema:
    """A resource of the API. `kind` is its name in errors and in the OpenAPI document.

    `aliases` maps names that requests may use to other attributes. `fields` maps attributes
    to the use cases' own names for them, where these differ. `showing` and `removal` are
    parameters of its own of GET of one and of DELETE, in OpenAPI's terms.
    """

    kind: str
    singular: str
    plural: str
    path: str
    text: str
    attributes: tuple[Attribute, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    showing: tuple[JsonSchema, ...] = ()
    removal: tuple[JsonSchema, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Attribute]:
        return {attribute.name: attribute for attribute in self.attributes}

    def field_of(self, attribute: str) -> str:
        """The use cases' name of an attribute."""
        return self.fields.get(attribute, attribute)

    @cached_property
    def attribute_of(self) -> Mapping[str, str]:
        """The attributes of those fields of the use cases that are called otherwise there."""
        return {name: attribute for attribute, name in self.fields.items()}

    @cached_property
    def creation(self) -> JsonSchema:
        """The schema of one object in a POST."""
        sent = [item for item in self.attributes if Use.CREATE in item.use]
        return {
            **_closed({item.name: item.creation for item in sent}),
            "required": [item.name for item in sent if Use.REQUIRE in item.use],
        }

    @cached_property
    def change(self) -> JsonSchema:
        """The schema of the object in a PUT."""
        return _closed(
            {item.name: item.change for item in self.attributes if Use.UPDATE in item.use}
        )

    @cached_property
    def response(self) -> JsonSchema:
        """The schema of one object in a response."""
        return {
            **_closed({item.name: item.response for item in self.attributes}),
            "required": [item.name for item in self.attributes if item.always],
        }


def _closed(properties: Mapping[str, JsonSchema]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}
