"""A driver's document about one device, parted by the marks in the driver's schema.

A mark on an object's property covers all that is below it. A mark where a value cannot be
told apart by name, such as within an array, covers the nearest property around it.
"""

from collections.abc import Mapping
from typing import Any

SECRET = "writeOnly"  # noqa: S105 - a keyword of JSON Schema
"""Marks what is sealed and never shown."""

ADMIN_ONLY = "x-admin-only"
"""Marks what only an admin may set, such as the path of a program to run."""

Document = dict[str, Any]


def part(
    schema: Mapping[str, Any], document: Mapping[str, Any], mark: str
) -> tuple[Document, Document]:
    """The document without what carries the mark, and what carries it alone."""
    return _part(schema, schema, document, mark)


def _part(
    root: Mapping[str, Any], schema: Mapping[str, Any], document: Mapping[str, Any], mark: str
) -> tuple[Document, Document]:
    plain: Document = {}
    marked: Document = {}
    properties = schema.get("properties", {})
    for key, value in document.items():
        below = _resolved(root, properties.get(key, {}))
        if below.get(mark) is True:
            marked[key] = value
        elif isinstance(value, Mapping) and "properties" in below:
            inner_plain, inner_marked = _part(root, below, value, mark)
            plain[key] = inner_plain
            if inner_marked:
                marked[key] = inner_marked
        elif _mentions(root, below, mark, ()):
            marked[key] = value
        else:
            plain[key] = value
    return plain, marked


def _resolved(root: Mapping[str, Any], schema: Any) -> Mapping[str, Any]:
    """The schema with a reference into its own document followed."""
    if not isinstance(schema, Mapping):
        return {}
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return schema
    target: Any = root
    for step in reference[2:].split("/"):
        target = target[step.replace("~1", "/").replace("~0", "~")]
    return {**target, **schema}


def _mentions(root: Mapping[str, Any], schema: Any, mark: str, seen: tuple[str, ...]) -> bool:
    """Whether the mark stands anywhere in the schema."""
    if isinstance(schema, list):
        return any(_mentions(root, item, mark, seen) for item in schema)
    if not isinstance(schema, Mapping):
        return False
    reference = schema.get("$ref")
    if isinstance(reference, str):
        if reference in seen:
            return False
        seen = (*seen, reference)
    resolved = _resolved(root, schema)
    return resolved.get(mark) is True or any(
        _mentions(root, item, mark, seen) for item in resolved.values()
    )


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Document:
    """Both documents in one; where both have a value, that of `above`, objects being merged."""
    result = dict(below)
    for key, value in above.items():
        present = result.get(key)
        if isinstance(present, Mapping) and isinstance(value, Mapping):
            result[key] = merged(present, value)
        else:
            result[key] = value
    return result


def without_nulls(document: Mapping[str, Any]) -> Document:
    """The document without names that have no value, at any depth of objects."""
    result: Document = {}
    for key, value in document.items():
        kept = without_nulls(value) if isinstance(value, Mapping) else value
        if kept is not None and kept != {}:
            result[key] = kept
    return result
