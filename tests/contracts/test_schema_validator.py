"""What every SchemaValidator keeps."""

import pytest

from adapters.http.schema_validator import JsonSchemaValidator

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 3},
        "login": {"type": "object", "properties": {"password": {"type": "string"}}},
    },
}


@pytest.fixture(params=[JsonSchemaValidator])
def validator(request):
    return request.param()


def test_a_valid_document_has_no_violation(validator):
    assert validator.violations(SCHEMA, {"name": "a", "login": {"password": "x"}}) == []


def test_all_violations_are_told_with_their_places_in_order(validator):
    found = validator.violations(SCHEMA, {"name": "long", "login": {"password": 1}})
    assert [violation.path for violation in found] == ["login.password", "name"]


def test_what_is_missing_and_what_is_unknown_is_named(validator):
    told = " ".join(
        f"{violation.path} {violation.message}"
        for violation in validator.violations(SCHEMA, {"nmae": "a"})
    )
    assert "name" in told
    assert "nmae" in told


def test_values_are_not_repeated(validator):
    found = validator.violations(SCHEMA, {"name": "topsecret", "login": {"password": 4711}})
    assert found
    assert not any("topsecret" in each.message or "4711" in each.message for each in found)


def test_a_document_of_another_type_is_a_violation_of_the_whole(validator):
    [violation] = validator.violations(SCHEMA, [])
    assert violation.path == ""
