"""JSON Schema fragments that several resources use.

Formats beyond the standard's: ``ip-address`` (IPv4 or IPv6) and ``cidr``.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from adapters.http.attribute import CREATE, READ_ONLY, Attribute, JsonSchema
from core.domain.lifecycle import Status

MAX_INTEGER = 2**31 - 1
"""The largest integer that every supported database stores in a plain column."""

NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"

UUID: JsonSchema = {"type": "string", "format": "uuid"}
LINE: JsonSchema = {"type": "string", "maxLength": 255, "pattern": NO_CONTROLS}
NAME: JsonSchema = {**LINE, "minLength": 1}
OPTIONAL_LINE: JsonSchema = {**LINE, "default": ""}
TEXT: JsonSchema = {
    "type": "string",
    "maxLength": 1024,
    "pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$",
    "default": "",
}
ANY_STRING: JsonSchema = {"type": "string"}
ANY_INTEGER: JsonSchema = {"type": "integer"}
SECONDS: JsonSchema = {"type": "number", "minimum": 0}
IP_ADDRESS: JsonSchema = {"type": "string", "format": "ip-address"}
CIDR: JsonSchema = {"type": "string", "format": "cidr", "maxLength": 64}
PORT: JsonSchema = {"type": "integer", "minimum": 1, "maximum": 65535}
BOOLEAN: JsonSchema = {"type": "boolean"}
TRUE_BY_DEFAULT: JsonSchema = {"type": "boolean", "default": True}
FALSE_BY_DEFAULT: JsonSchema = {"type": "boolean", "default": False}
STATUS: JsonSchema = {"type": "string", "enum": [status.value for status in Status]}


def one_of(values: Iterable[StrEnum]) -> dict[str, Any]:
    """Any of an enumeration's values."""
    return {"type": "string", "enum": [value.value for value in values]}


def nullable(schema: JsonSchema) -> dict[str, Any]:
    """The schema, or null."""
    result = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        result["enum"] = [*schema["enum"], None]
    return result


def list_of(schema: JsonSchema, **more: Any) -> dict[str, Any]:
    """An array of such items."""
    return {"type": "array", "items": schema, **more}


def map_of(schema: JsonSchema, **more: Any) -> dict[str, Any]:
    """An object with free names and such values."""
    return {
        "type": "object",
        "propertyNames": {"minLength": 1, "maxLength": 255, "pattern": NO_CONTROLS},
        "additionalProperties": schema,
        **more,
    }


def record(**properties: JsonSchema) -> dict[str, Any]:
    """An object with exactly these members, as responses have them."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


ID = Attribute("id", UUID, "Identity, given by the server.", READ_ONLY)
TENANT = Attribute(
    "tenant_id",
    NAME,
    "The project that owns it; only an admin may name another than the caller's.",
    CREATE,
    shown=ANY_STRING,
)
PROJECT = Attribute("project_id", NAME, "The same as tenant_id.", CREATE, shown=ANY_STRING)
PROJECT_ALIAS = {"project_id": "tenant_id"}
STATUS_SHOWN = Attribute("status", STATUS, "Where it stands.", READ_ONLY)
STATUS_DESCRIPTION = Attribute(
    "status_description", ANY_STRING, "Why it is in ERROR or INACTIVE; empty when all is well."
)
