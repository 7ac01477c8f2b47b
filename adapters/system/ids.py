"""New identities."""

import itertools
import uuid


class UuidSource:
    """Random UUIDs."""

    def new_id(self) -> str:
        return str(uuid.uuid4())


class CountingIds:
    """UUIDs that count up from 1, so that a run can be repeated. Safe between threads."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new_id(self) -> str:
        return str(uuid.UUID(int=next(self._numbers)))
