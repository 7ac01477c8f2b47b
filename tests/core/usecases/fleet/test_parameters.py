import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.usecases.fleet.parameters import SECRET, merged, part, without_nulls

SECRET_TEXT = {"type": "string", "writeOnly": True}
SCHEMA = {
    "type": "object",
    "$defs": {
        "key": SECRET_TEXT,
        "account": {"type": "object", "properties": {"key": {"$ref": "#/$defs/key"}}},
        "tree": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
    },
    "properties": {
        "plain": {"type": "string"},
        "secret": SECRET_TEXT,
        "by_reference": {"$ref": "#/$defs/key"},
        "account": {"$ref": "#/$defs/account"},
        "nested": {"type": "object", "properties": {"deep": SECRET_TEXT, "flat": {}}},
        "list": {"type": "array", "items": {"$ref": "#/$defs/account"}},
        "choice": {"anyOf": [{"type": "null"}, SECRET_TEXT]},
        "tree": {"$ref": "#/$defs/tree"},
    },
}


@pytest.mark.parametrize(
    ("document", "secrets"),
    [
        ({"plain": "a", "secret": "s"}, {"secret": "s"}),
        ({"by_reference": "s"}, {"by_reference": "s"}),
        ({"account": {"key": "s", "other": 1}}, {"account": {"key": "s"}}),
        ({"nested": {"deep": "s", "flat": 1}}, {"nested": {"deep": "s"}}),
        ({"nested": "not an object"}, {"nested": "not an object"}),
        ({"list": [{"key": "s"}]}, {"list": [{"key": "s"}]}),
        ({"choice": "s"}, {"choice": "s"}),
        ({"tree": [[]], "unknown": 1}, {}),
    ],
)
def test_whatever_may_hold_a_secret_is_parted_off(document, secrets):
    public, found = part(SCHEMA, document, SECRET)
    assert found == secrets
    assert merged(public, found) == document


JSON = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from(["key", "deep", "flat", "x"]), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(SCHEMA["properties"])), JSON))
def test_both_parts_make_the_document_again(document):
    assert merged(*part(SCHEMA, document, SECRET)) == document


def test_nulls_and_what_is_empty_without_them_go():
    assert without_nulls({"a": None, "b": {"c": None}, "d": {"e": 0}}) == {"d": {"e": 0}}
