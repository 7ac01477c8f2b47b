"""Values in the tables of the features."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from features.support.api import Json

REFERENCES: Mapping[str, str] = {
    "pool_id": "pool",
    "subnet_id": "subnet",
    "network_id": "network",
    "device_id": "device",
    "service_id": "VIP",
    "vip_id": "VIP",
}


class Names(Protocol):
    """Knows what the scenario's names stand for."""

    def knows(self, kind: str, name: str) -> bool:
        """Whether a name stands for something."""

    def id_of(self, kind: str, name: str) -> str:
        """What it stands for."""


def value(names: Names, attribute: str, text: str) -> Any:
    """JSON where the text is JSON, else the text; in references a name becomes its id."""
    kind = REFERENCES.get(attribute)
    if kind is not None and names.knows(kind, text):
        return names.id_of(kind, text)
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return text
    if attribute == "networks":
        return [_network(names, each) for each in found]
    return found


def _network(names: Names, network: Any) -> Any:
    """One that a scenario calls by a name of its own may have another one, and an id."""
    known = isinstance(network, str) and names.knows("subnet", network)
    return names.id_of("subnet", network) if known else network


def document(names: Names, table: Any) -> Json:
    """The attributes that a table of two columns gives; none for no table."""
    if table is None:
        return {}
    rows = [list(table.headings), *(list(row.cells) for row in table)]
    return {attribute: value(names, attribute, text) for attribute, text in rows}


def dig(shown: Json, path: str) -> Any:
    """A value inside a document, by names with dots between them."""
    found: Any = shown
    for step in path.split("."):
        assert isinstance(found, Mapping), f"{path}: nothing below {step}"
        assert step in found, f"{path}: no {step} in {sorted(found)}"
        found = found[step]
    return found
