"""The SchemaValidator port's contract."""

import pytest

from adapters.http.schema_validator import JsonSchemaValidator
from core.ports.schema_validator import Violation

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "mode": {"enum": ["a", "b", None]},
        "address": {"type": "string", "format": "ip-address"},
        "range": {"type": "string", "format": "cidr"},
        "id": {"type": "string", "format": "uuid"},
        "inner": {
            "type": "object",
            "properties": {"key": {"type": "string"}},
            "required": ["key"],
            "additionalProperties": False,
        },
        "items": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
        "either": {"anyOf": [{"type": "integer"}, {"type": "string", "minLength": 2}]},
        "dollar": {"type": "string", "pattern": r"^5\$"},
    },
    "additionalProperties": False,
}


@pytest.fixture
def validator():
    return JsonSchemaValidator()


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"name": "abc", "count": 9, "mode": None},
        {"address": "::1", "range": "10.0.0.0/8", "inner": {"key": ""}, "items": [1, 2]},
        {"id": "6f1c1a5e-0000-4000-8000-000000000000", "either": "ab", "dollar": "5$"},
    ],
)
def test_valid_documents_have_no_violations(validator, document):
    assert validator.violations(SCHEMA, document) == []


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        ([], "", "must be of type object"),
        ({"colour": 1}, "colour", "unknown attribute"),
        ({"name": 1}, "name", "must be of type string"),
        ({"name": "abc\n"}, "name", "must match ^[a-z]+$"),
        ({"name": "abcdef"}, "name", "must have at most 5 characters"),
        ({"count": 0}, "count", "must be at least 1"),
        ({"count": 10}, "count", "must be at most 9"),
        ({"count": 1.0}, "count", "must be of type integer"),
        ({"count": True}, "count", "must be of type integer"),
        ({"mode": "c"}, "mode", "must be one of a, b, null"),
        ({"address": "1.2.3"}, "address", "is not a valid ip-address"),
        ({"address": "fe80::1%lo"}, "address", "is not a valid ip-address"),
        ({"range": "10.0.0.1"}, "range", "is not a valid cidr"),
        ({"id": "x"}, "id", "is not a valid uuid"),
        ({"inner": {}}, "inner.key", "is required"),
        ({"inner": {"key": "", "x": 1}}, "inner.x", "unknown attribute"),
        ({"items": [1, "x"]}, "items.1", "must be of type integer"),
        ({"items": [1, 1]}, "items", "must not have an item twice"),
    ],
)
def test_a_violation_names_its_place_and_cause(validator, document, path, message):
    assert validator.violations(SCHEMA, document) == [Violation(path, message)]


def test_several_violations_come_in_the_order_of_their_paths(validator):
    found = validator.violations(SCHEMA, {"name": 1, "count": 0, "inner": {}})
    assert [violation.path for violation in found] == ["count", "inner.key", "name"]


def test_no_message_repeats_a_value(validator):
    secret = "hunter2-hunter2"
    document = dict.fromkeys(SCHEMA["properties"], secret) | {"inner": {"key": [secret]}}
    document["either"] = [secret]
    found = validator.violations(SCHEMA, document)
    assert len(found) >= 8
    assert secret not in repr(found)


def test_other_schemas_do_not_get_mixed_up(validator):
    for number in range(2000):
        schema = {"const": number}
        assert validator.violations(schema, number) == []
        assert validator.violations(schema, number + 1)
