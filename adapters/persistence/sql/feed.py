"""What changed about devices, in SQL."""

import uuid
from collections.abc import Iterable

from sqlalchemy import Dialect, bindparam, select

from adapters.persistence.access import Access
from adapters.persistence.sql.bulk import Setting, mark_of
from adapters.persistence.sql.round_trip import Order
from adapters.persistence.sql.session import Question, Session
from adapters.persistence.sql.tables import fleet_changes, fleet_position
from core.ports.fleet_feed import FeedPosition

_POSITION = select(fleet_position.c.revision, fleet_position.c.writer)
_NOTE = Setting([fleet_changes.c.device_id, fleet_changes.c.revision], key="device_id")
_SINCE = (
    select(fleet_changes.c.device_id)
    .where(fleet_changes.c.revision > bindparam("after"))
    .order_by(fleet_changes.c.device_id)
)


class SqlFleetFeed:
    """A FleetFeed. Nobody else moves the position while a write unit runs, and a read unit sees
    one state, so that a unit asks for it once; its own notes it writes when somebody looks for
    them, and at the end at the latest."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asked: Question | None = None
        self._forget()

    def begin(self) -> None:
        """Forget what an earlier unit of work knew. Where this one begins is looked up once the
        lock is held, by a statement that sees what was committed until then."""
        self._forget()
        if self._session.access is Access.FLEET and self._session.dialect.name == "postgresql":
            self._asked = self._session.ask_rows(_POSITION)

    def _forget(self) -> None:
        self._asked = None
        self._position: FeedPosition | None = None
        self._stored: FeedPosition | None = None
        self._raised = False
        self._news = False
        self._touched: set[str] = set()
        self._noted: set[str] = set()

    def touch(self, device_ids: Iterable[str]) -> None:
        """Note that these devices changed."""
        touched = set(device_ids)
        if not touched:
            return
        self._session.access.check_fleet()
        self._touched |= touched
        self._news = True

    def ask(self) -> None:
        if self._asked is not None and self._asked.answered is None:
            self._session.send_now()

    def position(self) -> FeedPosition:
        known = self._position
        if known is None:
            (found,) = self._asked.rows() if self._asked else self._session.rows(_POSITION)
            known = self._stored = FeedPosition(*found)
        if self._news:
            known = FeedPosition(known.revision + (not self._raised), uuid.uuid4().hex)
            self._raised, self._news = True, False
        self._position = known
        return known

    def changed_since(self, revision: int) -> list[str]:
        self.write()
        return [row[0] for row in self._session.rows(_SINCE, {"after": revision})]

    def write_along(self) -> None:
        """Store what was noted if that can go along with what is deferred."""
        if self._session.defers:
            self.write()

    def write(self) -> None:
        """Store what was noted."""
        if not self._news and self._position is self._stored:
            return
        after, before, dialect = self.position(), self._stored, self._session.dialect
        new = [(device_id, after.revision) for device_id in sorted(self._touched - self._noted)]
        moved = _moved(dialect, before or after, after)
        self._session.defer([moved, *_NOTE.orders(dialect, new)])
        self._stored = after
        self._noted |= self._touched


def _moved(dialect: Dialect, before: FeedPosition, after: FeedPosition) -> Order:
    mark = mark_of(dialect)
    text = (
        f"UPDATE {fleet_position.name} SET revision = {mark}, writer = {mark}"  # noqa: S608  # no values
        f" WHERE revision = {mark} AND writer = {mark}"
    )
    values = (after.revision, after.writer, before.revision, before.writer)
    return Order(text, values, 1, all_met=True)
