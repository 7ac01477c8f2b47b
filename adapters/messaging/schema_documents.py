"""The messages as JSON Schema (2020-12), for whoever speaks the protocol without this code.

``python -m adapters.messaging.schema_documents`` writes them to the folder ``schemas``.
"""

import inspect
import json
from pathlib import Path
from typing import Any

import msgspec

from adapters.messaging.codec import GREETINGS, REPORTS, VERSION
from adapters.messaging.sealing import SEALABLE

FOLDER = Path(__file__).parent / "schemas"


def documents() -> dict[str, dict[str, Any]]:
    """File name -> schema, one for each type of message."""
    kinds = {
        kind: wire
        for codec in (SEALABLE, REPORTS, GREETINGS)
        for kind, wire in codec.wire_types.items()
    }
    return {f"{kind.__name__}.json": _schema(kind.__name__, wire) for kind, wire in kinds.items()}


def _schema(name: str, wire_type: type[msgspec.Struct]) -> dict[str, Any]:
    generated = msgspec.json.schema(wire_type, schema_hook=_of_anything)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:pierhead:message:{VERSION}:{name}",
        **{key: _tidy(value) for key, value in generated.items()},
    }


def _tidy(value: Any) -> Any:
    """The schema of exactly what is accepted: sets may name a thing twice."""
    if isinstance(value, list):
        return [_tidy(each) for each in value]
    if not isinstance(value, dict):
        return inspect.cleandoc(value) if isinstance(value, str) else value
    return {key: _tidy(each) for key, each in value.items() if key != "uniqueItems"}


def _of_anything(python_type: type) -> dict[str, Any]:
    if python_type is object:
        return {"description": "Any JSON value."}
    raise NotImplementedError(python_type)


def text(document: dict[str, Any]) -> str:
    """A schema as it stands in its file."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all files anew."""
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for name, document in documents().items():
        (FOLDER / name).write_text(text(document))


if __name__ == "__main__":
    main()
