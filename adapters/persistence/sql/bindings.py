"""Bindings and the claims that go with them, in SQL."""

from collections.abc import Iterable, Sequence

from adapters.persistence.books import Books, keys_of
from adapters.persistence.sql.bulk import (
    Changes,
    Insertion,
    Removal,
    Selection,
    look_together,
)
from adapters.persistence.sql.counters import Counters
from adapters.persistence.sql.device_networks import DeviceNetworks
from adapters.persistence.sql.feed import SqlFleetFeed
from adapters.persistence.sql.records import BINDINGS
from adapters.persistence.sql.repository import SqlRepository
from adapters.persistence.sql.session import Session
from adapters.persistence.sql.tables import bindings
from core.domain.binding import Binding, Claim, Footing, Shortage
from core.domain.query import Query
from core.ports.along import Along

_COLUMNS = BINDINGS.mapping.columns
_AT_SERVICE = _COLUMNS.index(bindings.c.service_id)
_BOUND = Selection(bindings, ["service_id"], columns=_COLUMNS)
_ADD = Insertion(_COLUMNS)
_DROP = Removal(bindings, ["service_id"])


class SqlBindings:
    """A BindingRepository."""

    def __init__(self, session: Session, feed: SqlFleetFeed) -> None:
        self._session = session
        self._rows = SqlRepository(session, BINDINGS)
        self._counters = Counters(session)
        self._networks = DeviceNetworks(session)
        self._feed = feed

    @property
    def along(self) -> Along[Binding]:
        return self._rows.along

    def get(self, service_id: str) -> Binding | None:
        return self._rows.get(service_id)

    def find(self, query: Query) -> list[Binding]:
        return self._rows.find(query)

    def claim(self, claims: Sequence[Claim]) -> list[Shortage | None]:
        self._session.access.check_fleet()
        # Elsewhere each statement is a trip, which says at once what it met.
        if self._session.dialect.name == "postgresql":
            known = [(claim.footing, claim) for claim in claims if claim.footing is not None]
            if len(known) == len(claims):
                return self._claim_known(known)
        books = self._open(
            [claim.binding.service_id for claim in claims], [claim.binding for claim in claims]
        )
        answers = [books.claim(claim) for claim in claims]
        self._close(books)
        return answers

    def _claim_known(self, claims: Sequence[tuple[Footing, Claim]]) -> list[Shortage | None]:
        books = Books({}, {}, {})
        answers = [books.claim_on(footing, claim) for footing, claim in claims]
        if books.devices:
            changes = Changes(self._session)
            self._counters.write_known(books.counters, changes)
            changes.add(_ADD, map(BINDINGS.mapping.values, books.bound.values()))
            self._networks.write_known(books.places, changes)
            self._finish(books, changes)
        return answers

    def release(self, service_ids: Iterable[str]) -> None:
        self._session.access.check_fleet()
        wanted = list(service_ids)
        books = self._open(wanted, ())
        for service_id in wanted:
            books.release(service_id)
        self._close(books)

    def _open(self, service_ids: Sequence[str], new: Sequence[Binding]) -> Books:
        """What is stored of everything that these services and bindings touch."""
        rows, counters, places = look_together(
            self._session,
            [
                (_BOUND, zip(dict.fromkeys(service_ids), strict=True)),
                self._counters.wanted({binding.device_id for binding in new}),
                self._networks.wanted(keys_of(new)),
            ],
        )
        before = {row[_AT_SERVICE]: BINDINGS.mapping.load(row) for row in rows}
        books = Books(before, self._counters.read(counters), self._networks.read(places))
        if before:
            self._open_more(books, new)
        return books

    def _open_more(self, books: Books, new: Sequence[Binding]) -> None:
        """Add what only the stored bindings touch."""
        before = books.bindings.values()
        devices = {binding.device_id for binding in before}
        counters, places = look_together(
            self._session,
            [
                self._counters.wanted(devices.difference(binding.device_id for binding in new)),
                self._networks.wanted(keys_of(before).keys() - keys_of(new).keys()),
            ],
        )
        books.counters |= self._counters.read(counters)
        books.places |= self._networks.read(places)

    def _close(self, books: Books) -> None:
        if not books.devices:
            return
        changes = Changes(self._session)
        self._counters.write(books.counters, changes)
        changes.add(_DROP, zip(books.gone, strict=True))
        changes.add(_ADD, map(BINDINGS.mapping.values, books.bound.values()))
        self._networks.write(books.places, changes)
        self._finish(books, changes)

    def _finish(self, books: Books, changes: Changes) -> None:
        changes.defer()
        self._feed.touch(books.devices)
        self._feed.write_along()
        self._session.send(len(books.bound))
