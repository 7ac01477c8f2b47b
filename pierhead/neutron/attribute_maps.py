"""Neutron's attribute maps, made of our resources' schemas."""

from collections.abc import Mapping
from typing import Any

from neutron_lib import constants
from neutron_lib.api import validators

from adapters.http.attribute import Attribute, JsonSchema, ResourceSchema, Use, types_of
from adapters.http.conversion import from_text
from adapters.http.schema_validator import JsonSchemaValidator
from adapters.http.schemas.health_monitors import HEALTH_MONITORS
from adapters.http.schemas.members import MEMBERS
from adapters.http.schemas.pools import POOLS
from adapters.http.schemas.vips import VIPS

SCHEMAS: tuple[ResourceSchema, ...] = (VIPS, POOLS, MEMBERS, HEALTH_MONITORS)

_RULE = "pierhead_schema"
_OWNER = "tenant_id"
_SAME_AS_OWNER = "project_id"
_RESTRICTED = frozenset({"service_type"})
"""Attributes with policies of their own."""

_VALIDATOR = JsonSchemaValidator()


def attribute_maps() -> dict[str, dict[str, dict[str, Any]]]:
    """The maps of all resources, by their plurals."""
    return {schema.plural: attribute_map(schema) for schema in SCHEMAS}


def attribute_map(schema: ResourceSchema) -> dict[str, dict[str, Any]]:
    """What Neutron must know of each attribute of a resource.

    Neutron itself keeps project_id and tenant_id the same.
    """
    return {
        attribute.name: _described(attribute)
        for attribute in schema.attributes
        if attribute.name != _SAME_AS_OWNER
    }


def register_validator() -> None:
    """Have Neutron know the rule that the maps name."""
    validators.add_validator(_RULE, _violation)


def _described(attribute: Attribute) -> dict[str, Any]:
    schema = attribute.schema
    facts: dict[str, Any] = {
        "allow_post": Use.CREATE in attribute.use,
        "allow_put": Use.UPDATE in attribute.use,
        "is_visible": True,
        "is_filter": attribute.selectable,
        "is_sort_key": attribute.selectable,
        "convert_to": _Converter(schema),
    }
    if attribute.use is not Use.NONE:
        facts["validate"] = {f"type:{_RULE}": schema}
    if Use.CREATE in attribute.use and Use.REQUIRE not in attribute.use:
        facts["default"] = constants.ATTR_NOT_SPECIFIED
    if attribute.name == "id":
        facts["primary_key"] = True
    if attribute.name == _OWNER:
        facts["required_by_policy"] = True
        del facts["default"]
    if attribute.name in _RESTRICTED:
        facts["enforce_policy"] = True
    return facts


class _Converter:
    """Converts numbers and booleans that older clients send as strings."""

    def __init__(self, schema: JsonSchema) -> None:
        self._types = types_of(schema)

    def __call__(self, value: Any) -> Any:
        return from_text(value, self._types) if isinstance(value, str) else value


def _violation(value: Any, schema: Mapping[str, Any]) -> str | None:
    """What is wrong with a value, or None, as Neutron wants to know."""
    found = _VALIDATOR.violations(schema, value)
    return "; ".join(f"{each.path} {each.message}".strip() for each in found) or None
