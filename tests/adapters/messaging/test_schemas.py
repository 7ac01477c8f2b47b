"""The schemas on file say exactly what is sent and accepted."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from adapters.messaging.codec import BadMessage, Codec
from adapters.messaging.schema_documents import FOLDER, documents, text
from tests.adapters.messaging import golden_messages as golden

FILES = {path.name: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
KINDS = sorted(name.removesuffix(".json") for name in FILES)
VALIDATORS = {
    name.removesuffix(".json"): Draft202012Validator(schema) for name, schema in FILES.items()
}


def test_the_files_are_what_the_code_says() -> None:
    assert {name: text(document) for name, document in documents().items()} == {
        path.name: path.read_text() for path in FOLDER.glob("*.json")
    }, "run: python -m adapters.messaging.schema_documents"


def test_there_is_a_schema_for_each_type() -> None:
    assert sorted(kind.__name__ for codec in golden.CODECS for kind in codec.wire_types) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_are_schemas(kind: str) -> None:
    Draft202012Validator.check_schema(FILES[f"{kind}.json"])


@pytest.mark.parametrize("path", golden.FILES, ids=golden.NAMES)
def test_messages_fit_their_schemas(path) -> None:
    message = golden.load(path)
    VALIDATORS[message["type"]].validate(message)


def test_new_schemas_ask_for_nothing_that_old_ones_did_not() -> None:
    """Every field beyond the least messages of version 1 can be left out."""
    for path in golden.FOLDER.glob("*/*.least.json"):
        message = golden.load(path)
        for name in list(message["content"]):
            less = {**message, "content": dict(message["content"])}
            del less["content"][name]
            assert not VALIDATORS[message["type"]].is_valid(less), f"{path.name}: {name}"


def whole(value: float) -> bool:
    return value == int(value)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    # To JSON Schema 1.0 is an integer, to us it is not; nobody writes integers so.
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: not whole(value))
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
    ),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to all parts of a JSON value but the whole."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    found = []
    for key in keys:
        found += [(*path, key), *places(value[key], (*path, key))]
    return found


@st.composite
def mutations(draw: st.DrawFn) -> tuple[str, Any]:
    """A message with some of its parts replaced, removed or added to."""
    path = draw(st.sampled_from(golden.FILES))
    message = golden.load(path)
    kind = message["type"]
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(places(message) or [("type",)]))
        parent = message
        for key in place[:-1]:
            parent = parent[key]
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace" if isinstance(parent, list) or place[-1] in parent:
                parent[place[-1]] = draw(anything)
            case "remove":
                del parent[place[-1]]
            case _ if isinstance(parent, dict):
                parent[draw(st.sampled_from(["x", "epoch", "failure"]))] = draw(anything)
    return kind, message


def accepts(codec: Codec, message: Any) -> bool:
    try:
        codec.decode(golden.text(message))
    except BadMessage:
        return False
    return True


@settings(max_examples=400)
@given(mutations())
def test_what_the_schemas_allow_is_accepted_and_nothing_else(mutation: tuple[str, Any]) -> None:
    kind, message = mutation
    codec = golden.codec_of(kind)
    valid = any(VALIDATORS[each.__name__].is_valid(message) for each in codec.wire_types)
    assert accepts(codec, message) == valid
