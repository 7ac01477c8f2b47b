"""Port: JSON Schema, which the core needs and does not contain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that a document does against its schema.

    `path` names the place with dots, such as ``login.user``; it is empty for the document as a
    whole. `message` never repeats a value of the document, which may be a secret.
    """

    path: str
    message: str


class SchemaValidator(Protocol):
    """Checks JSON documents against JSON Schemas (2020-12)."""

    def violations(self, schema: Mapping[str, object], document: object) -> list[Violation]:
        """All that is wrong with the document, ordered by path; empty when it is valid.

        The schema itself is trusted to be one. The first use of a schema costs milliseconds,
        later uses of the same object microseconds.
        """
