"""Port: secrets of devices at rest."""

from collections.abc import Mapping
from typing import Protocol


class UnsealFailure(Exception):
    """The sealed text was not made with any key that is known here."""


class SecretStore(Protocol):
    """Turns secret parameters into text that is safe to store, and back."""

    def seal(self, secrets: Mapping[str, object]) -> str:
        """Text from which the secrets can be had only with `unseal`."""

    def unseal(self, sealed: str) -> Mapping[str, object]:
        """The secrets. Raises UnsealFailure."""
