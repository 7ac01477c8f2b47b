"""Secrets kept in memory; the sealed text is a mere ticket."""

import threading
from collections.abc import Mapping

import msgspec

from core.ports.secret_store import UnsealFailure


class MemorySecretStore:
    """A SecretStore for tests and demonstrations: what it sealed is lost with it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: dict[str, bytes] = {}

    def seal(self, secrets: Mapping[str, object]) -> str:
        text = msgspec.json.encode(secrets)
        with self._guard:
            ticket = f"memory:{len(self._kept) + 1}"
            self._kept[ticket] = text
        return ticket

    def unseal(self, sealed: str) -> Mapping[str, object]:
        text = self._kept.get(sealed)
        if text is None:
            raise UnsealFailure("the sealed text is not from here")
        secrets: dict[str, object] = msgspec.json.decode(text)
        return secrets

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._kept)} sealed)"
