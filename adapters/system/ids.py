"""New identities."""

import itertools
import os
import uuid

# Of this digit two bits say that the others are random.
_VARIANTS = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


class UuidSource:
    """Random UUIDs."""

    def new_id(self) -> str:
        # As uuid.uuid4() makes them, which takes two and a half times as long.
        digits = os.urandom(16).hex()
        variant = _VARIANTS[digits[16]]
        return (
            f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
        )


class CountingIds:
    """UUIDs that count up from 1, so that a run can be repeated. Safe between threads."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new_id(self) -> str:
        return str(uuid.UUID(int=next(self._numbers)))
