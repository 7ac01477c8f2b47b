"""Port: identities, so that the core has no randomness of its own."""

from typing import Protocol


class IdSource(Protocol):
    """Makes identities."""

    def new_id(self) -> str:
        """A UUID in its canonical text form, never given before."""
