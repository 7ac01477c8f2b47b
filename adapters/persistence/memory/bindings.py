"""Bindings and the claims that go with them, in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from adapters.persistence.books import Books, Counter, Key, Place, cidrs_by_network, keys_of
from adapters.persistence.collection import BINDINGS
from adapters.persistence.memory.accounts import Accounts
from adapters.persistence.memory.feed import MemoryFleetFeed
from adapters.persistence.memory.repository import AtOnce, MemoryRepository
from adapters.persistence.memory.tables import Tables
from core.domain.binding import Binding, Claim, DeviceNetwork, Footing, Shortage
from core.domain.query import Query
from core.ports.store import StoreConflict


class MemoryBindings:
    """A BindingRepository."""

    def __init__(self, tables: Tables, feed: MemoryFleetFeed) -> None:
        self._tables = tables
        self._rows = MemoryRepository(tables, BINDINGS)
        self._accounts = Accounts(tables)
        self._feed = feed

    @property
    def along(self) -> AtOnce[Binding]:
        return self._rows.along

    def get(self, service_id: str) -> Binding | None:
        return self._rows.get(service_id)

    def find(self, query: Query) -> list[Binding]:
        return self._rows.find(query)

    def claim(self, claims: Sequence[Claim]) -> list[Shortage | None]:
        self._tables.access.check_fleet()
        books = self._open(
            [claim.binding.service_id for claim in claims], [claim.binding for claim in claims]
        )
        known = [(claim.footing, claim) for claim in claims if claim.footing is not None]
        if len(known) == len(claims):
            answers = [_borne_out(books, footing, claim) for footing, claim in known]
        else:
            answers = [books.claim(claim) for claim in claims]
        self._close(books)
        return answers

    def release(self, service_ids: Iterable[str]) -> None:
        self._tables.access.check_fleet()
        wanted = list(service_ids)
        books = self._open(wanted, [])
        for service_id in wanted:
            books.release(service_id)
        self._close(books)

    def _open(self, service_ids: Iterable[str], new: Sequence[Binding]) -> Books:
        stored = {one: self._rows.get(one) for one in service_ids}
        before = {one: binding for one, binding in stored.items() if binding is not None}
        touched = [*before.values(), *new]
        places = {key: self._accounts.network(key) for key in keys_of(touched)}
        return Books(
            bindings=before,
            counters=self._counters({binding.device_id for binding in touched}),
            places={
                key: Place(row.interface, row.users, row.cidrs, stored=True)
                for key, row in places.items()
                if row is not None
            },
        )

    def _counters(self, device_ids: Iterable[str]) -> dict[Key, Counter]:
        return {
            (device_id, resource): Counter(account.used.get(resource, 0), limit, stored=True)
            for device_id, account in self._accounts.chosen(device_ids).items()
            for resource, limit in {**dict.fromkeys(account.used), **account.limits}.items()
        }

    def _close(self, books: Books) -> None:
        for service_id in books.gone:
            self._rows.remove(service_id)
        self._rows.add(*books.bound.values())
        self._narrow(books.places)
        for device_id in books.devices:
            account = self._accounts.get(device_id).taking(
                {
                    resource: counter.change
                    for (owner, resource), counter in books.counters.items()
                    if owner == device_id and counter.change
                }
            )
            networks = {
                network_id: self._row((device_id, network_id), place)
                for (owner, network_id), place in books.places.items()
                if owner == device_id
            }
            self._accounts.put(device_id, account.with_networks(networks))
        self._feed.touch(books.devices)

    def _narrow(self, places: Mapping[Key, Place]) -> None:
        for (device_id, network_id), place in places.items():
            if place.narrowed:
                users = self._rows.find(Query(filters={"device_id": (device_id,)}))
                needs = (need for user in users for need in user.networks)
                place.cidrs = cidrs_by_network(needs)[network_id]

    def _row(self, key: Key, place: Place) -> DeviceNetwork:
        row = self._accounts.network(key)
        if row is None:
            row = DeviceNetwork(
                device_id=key[0], network_id=key[1], cidrs=(), interface=place.interface, users=0
            )
        return replace(row, users=place.users, cidrs=place.cidrs)


def _borne_out(books: Books, footing: Footing, claim: Claim) -> Shortage | None:
    """The answer to a claim, which is also that by its footing. Raises StoreConflict."""
    is_borne_out = books.bear_out(footing, claim.binding)
    answer = books.claim(claim)
    if not is_borne_out or answer != Books({}, {}, {}).claim_on(footing, claim):
        raise StoreConflict("what is stored is not what this unit of work goes by")
    return answer
