"""The networks that each device is on, and how many services use them there."""

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update

from adapters.persistence.books import Key, Place
from adapters.persistence.sql.among import Among
from adapters.persistence.sql.bulk import Changes, Insertion, Replacement, Selection
from adapters.persistence.sql.chunks import rows_for_all
from adapters.persistence.sql.given import Row
from adapters.persistence.sql.mapping import RowMapping, json_codec
from adapters.persistence.sql.session import Session
from adapters.persistence.sql.tables import bindings
from adapters.persistence.sql.tables import device_networks as table
from core.domain.binding import Attachment, DeviceNetwork, NetworkNeed

_MAPPING = RowMapping(DeviceNetwork, table)
_ORDER = (table.c.device_id, table.c.network_id)
_THIS = (
    table.c.device_id == bindparam("device"),
    table.c.network_id == bindparam("network"),
)
_ALL = select(*_MAPPING.columns).order_by(*_ORDER)
_ON = _ALL.where(Among(table.c.device_id, "ids"))
# In the words of the index, so that it is used.
_IDLE = _ALL.where(table.c.idle.is_not(None))
_KEYS = ["device_id", "network_id"]
_PLACES = Selection(
    table,
    _KEYS,
    columns=[table.c[name] for name in ("device_id", "network_id", "interface", "users", "cidrs")],
)
_INTERFACE = select(table.c.interface).where(*_THIS)
_OPEN = Insertion(
    [table.c[name] for name in ("device_id", "network_id", "cidrs", "interface", "users")]
)
_SET = Replacement(
    table,
    _KEYS,
    {"number": int, "subnets": str},
    to="users = {number}, cidrs = {subnets}, idle = CASE WHEN {number} = 0 THEN TRUE END",
)
_JOIN = Replacement(
    table,
    _KEYS,
    {"number": int, "subnets": str},
    to="users = t.users + {number}, idle = NULL",
    where="t.cidrs = {subnets}",
)
_START = (
    update(table)
    .where(*_THIS, or_(table.c.wiring_until.is_(None), table.c.wiring_until <= bindparam("now")))
    .values(wiring_until=bindparam("until"))
)
_END = update(table).where(*_THIS).values(attachment=bindparam("wiring"), wiring_until=None)
_CLOSE = delete(table).where(*_THIS, table.c.users == 0)
_FORGET = delete(table).where(table.c.device_id == bindparam("device"))
_NEEDED = Selection(
    bindings, ["device_id"], columns=[bindings.c.device_id, bindings.c.networks], counted=True
)
_decode_cidrs, _encode_cidrs = json_codec(tuple[str, ...])
_decode_needs = json_codec(tuple[NetworkNeed, ...])[0]
_encode_attachment = json_codec(Attachment)[1]


class DeviceNetworks:
    """The devices' networks inside one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def on(
        self, device_ids: Iterable[str] | None
    ) -> Callable[[], dict[str, tuple[DeviceNetwork, ...]]]:
        """By device, in order of the networks' ids, asked for as by Session.ask. None: of all
        devices."""
        rows = (
            self._session.rows(_ALL)
            if device_ids is None
            else rows_for_all(self._session, _ON, device_ids)
        )
        return lambda: _by_device(map(_MAPPING.load, rows))

    def idle(self) -> list[DeviceNetwork]:
        """Those without users."""
        return [_MAPPING.load(row) for row in self._session.rows(_IDLE)]

    def wanted(self, keys: Iterable[Key]) -> tuple[Selection, Iterable[Row]]:
        """How to look for those of these places that exist."""
        return _PLACES, keys

    def read(self, rows: Iterable[Any]) -> dict[Key, Place]:
        """What was found."""
        return {
            (device_id, network_id): Place(interface, users, _decode_cidrs(cidrs), stored=True)
            for device_id, network_id, interface, users, cidrs in rows
        }

    def write(self, places: Mapping[Key, Place], changes: Changes) -> None:
        """Store places that were opened, joined or left, after the services' own rows."""
        narrowed = {key: place for key, place in places.items() if place.narrowed}
        if narrowed:
            changes.send()
            self._narrow(narrowed)
        known, new = _rows(places)
        changes.add(_SET, known, all_met=True)
        changes.add(_OPEN, new)

    def write_known(self, places: Mapping[Key, Place], changes: Changes) -> None:
        """Store who joined places that nobody read: those that are as they are believed to be,
        and new ones where there is none."""
        known, new = _rows(places)
        changes.add(_JOIN, known, all_met=True)
        changes.add(_OPEN, new)

    def _narrow(self, places: Mapping[Key, Place]) -> None:
        """Keep the subnets that services still use."""
        found: dict[Key, set[str]] = {key: set() for key in places}
        devices = dict.fromkeys(device_id for device_id, _ in places)
        for device_id, needs, _ in _NEEDED.rows(self._session, zip(devices, strict=True)):
            for need in _decode_needs(needs):
                key = (device_id, need.network_id)
                if key in found:
                    found[key].add(need.cidr)
        for key, cidrs in found.items():
            places[key].cidrs = tuple(sorted(cidrs))

    def interface(self, device_id: str, network_id: str) -> str | None:
        """Where a network is on a device; None: it is not there."""
        rows = self._session.rows(_INTERFACE, _this(device_id, network_id))
        return rows[0][0] if rows else None

    def start_wiring(self, device_id: str, network_id: str, now: float, until: float) -> bool:
        """Note who is wiring a network; False when it is not there, or somebody is."""
        this = _this(device_id, network_id)
        return bool(self._session.change(_START, {**this, "now": now, "until": until}))

    def end_wiring(self, device_id: str, network_id: str, attachment: Attachment | None) -> bool:
        """Note how a network is wired; False when it is not there."""
        wiring = None if attachment is None else _encode_attachment(attachment)
        return bool(self._session.change(_END, {**_this(device_id, network_id), "wiring": wiring}))

    def close(self, device_id: str, network_id: str) -> bool:
        """Remove a network without users; False when there is none such."""
        return bool(self._session.change(_CLOSE, _this(device_id, network_id)))

    def forget(self, device_id: str) -> None:
        """Drop all networks of a device."""
        self._session.change(_FORGET, {"device": device_id})


def _rows(places: Mapping[Key, Place]) -> tuple[list[Row], list[Row]]:
    """What is stored of places that are there already, and of new ones."""
    known: list[Row] = []
    new: list[Row] = []
    for key, place in sorted(places.items(), key=itemgetter(0)):
        cidrs = _encode_cidrs(place.cidrs)
        if place.stored:
            known.append((*key, place.users, cidrs))
        else:
            new.append((*key, cidrs, place.interface, place.users))
    return known, new


def _by_device(networks: Iterable[DeviceNetwork]) -> dict[str, tuple[DeviceNetwork, ...]]:
    found: dict[str, tuple[DeviceNetwork, ...]] = {}
    for network in networks:
        found[network.device_id] = (*found.get(network.device_id, ()), network)
    return found


def _this(device_id: str, network_id: str) -> dict[str, str]:
    return {"device": device_id, "network": network_id}
