"""One unit of work's view of the tables: what is committed, and copies of what it changes."""

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from adapters.persistence.access import Access
from adapters.persistence.misuse import NotOpen

Rows = Mapping[Hashable, Any]
State = Mapping[str, Rows]
"""All tables by name. A state that was committed never changes again."""

_EMPTY: Rows = {}


class Tables:
    """Tables over a committed state, copied one by one as they are first changed."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._committed: State | None = None
        self._changed: dict[str, dict[Hashable, Any]] = {}

    def open(self, committed: State) -> None:
        """Begin from a committed state."""
        self._committed = committed
        self._changed = {}

    def close(self) -> None:
        """End; what was not taken by `state` is gone."""
        self._committed = None
        self._changed = {}

    @property
    def is_open(self) -> bool:
        return self._committed is not None

    def rows(self, name: str) -> Rows:
        """A table for reading."""
        if self._committed is None:
            raise NotOpen("the unit of work is not open")
        changed = self._changed.get(name)
        return self._committed.get(name, _EMPTY) if changed is None else changed

    def committed(self, name: str) -> Rows:
        """A table as it was when the unit of work began."""
        if self._committed is None:
            raise NotOpen("the unit of work is not open")
        return self._committed.get(name, _EMPTY)

    def changing(self, name: str) -> dict[Hashable, Any]:
        """A table for changing."""
        self.access.check_writable()
        if name not in self._changed:
            self._changed[name] = dict(self.rows(name))
        return self._changed[name]

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Undo all changes of the block when it raises."""
        before = {name: dict(rows) for name, rows in self._changed.items()}
        try:
            yield
        except BaseException:
            self._changed = before
            raise

    def state(self) -> State:
        """The committed state with the changes."""
        if self._committed is None:
            raise NotOpen("the unit of work is not open")
        return {**self._committed, **self._changed}
