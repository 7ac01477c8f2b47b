"""Each device's counters: how much of each resource is used, and the most that may be."""

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from adapters.persistence.books import Counter, Key
from adapters.persistence.sql.among import Among
from adapters.persistence.sql.bulk import Changes, Increase, Insertion, Replacement, Selection
from adapters.persistence.sql.chunks import rows_for_all
from adapters.persistence.sql.given import Row
from adapters.persistence.sql.session import Session
from adapters.persistence.sql.tables import device_counters as table

_THIS = (
    table.c.device_id == bindparam("device"),
    table.c.resource == bindparam("name"),
)


_ALL = Selection(
    table,
    ["device_id"],
    columns=[table.c[name] for name in ("device_id", "resource", "used", "ceiling")],
)
_KEYS = ["device_id", "resource"]
_LARGEST = 2**63 - 1
_TAKE = Replacement(
    table,
    _KEYS,
    {"amount": int, "most": int, "known": int},
    to="used = t.used + {amount}",
    where="t.used <= {most} AND t.ceiling = {known}",
)
_COLUMNS = [table.c[name] for name in ("device_id", "resource", "used")]
_TAKE_KNOWN = Replacement(
    table,
    _KEYS,
    {"amount": int, "percent": int},
    to="used = t.used + {amount}",
    where="t.ceiling IS NULL OR t.used + {amount} <= div(t.ceiling::numeric * {percent}, 100)",
)
_ADD_KNOWN = Increase(
    _COLUMNS,
    keys=_KEYS,
    where="{t}.ceiling IS NULL OR {t}.used + excluded.used <= {t}.ceiling",
)
_GIVE = Replacement(table, _KEYS, {"amount": int}, to="used = t.used + {amount}")
_OPEN_MANY = Insertion(_COLUMNS)
_OPEN = insert(table)
_UNLIMIT = update(table).where(table.c.device_id == bindparam("device")).values(ceiling=None)
_LIMIT = update(table).where(*_THIS).values(ceiling=bindparam("most"))
_USED = select(table.c.device_id, table.c.resource, table.c.used).where(table.c.used > 0)
_USED_BY = _USED.where(Among(table.c.device_id, "ids"))
_FORGET = delete(table).where(table.c.device_id == bindparam("device"))


class Counters:
    """The counters inside one unit of work. A counter without a row is 0 and unlimited."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def wanted(self, device_ids: Iterable[str]) -> tuple[Selection, Iterable[Row]]:
        """How to look for all counters of these devices."""
        return _ALL, zip(device_ids, strict=True)

    def read(self, rows: Iterable[Any]) -> dict[Key, Counter]:
        """What was found."""
        return {
            (device_id, resource): Counter(used, ceiling, stored=True)
            for device_id, resource, used, ceiling in rows
        }

    def write(self, counters: Mapping[Key, Counter], changes: Changes) -> None:
        """Store what changed. The check and the change are one statement, so no limit is
        exceeded even where another program changes counters at the same time."""
        new, more, less = [], [], []
        for key, counter in sorted(counters.items(), key=itemgetter(0)):
            if not counter.stored:
                new.append((*key, counter.change))
            elif counter.most is not None:
                most = min(counter.most, _LARGEST)
                more.append((*key, counter.change, most, counter.limit))
            elif counter.change:
                less.append((*key, counter.change))
        changes.add(_TAKE, more, all_met=True)
        changes.add(_GIVE, less, all_met=True)
        changes.add(_OPEN_MANY, new)

    def write_known(self, counters: Mapping[Key, Counter], changes: Changes) -> None:
        """Store what was taken of counters that nobody read, of all for which it holds that no
        limit is exceeded."""
        limited, free = [], []
        for key, counter in sorted(counters.items(), key=itemgetter(0)):
            if counter.percent is not None:
                limited.append((*key, counter.change, counter.percent))
            elif counter.change:
                free.append((*key, counter.change))
        changes.add(_TAKE_KNOWN, limited, all_met=True)
        changes.add(_ADD_KNOWN, free, all_met=True)

    def give_back(self, device_id: str, resource: str, amount: int) -> None:
        """Subtract from a counter."""
        _GIVE.change(self._session, [(device_id, resource, -amount)])

    def limit(self, device_id: str, limits: Mapping[str, int | None]) -> None:
        """Set the limits of the named counters, and lift those of the others."""
        self._session.change(_UNLIMIT, {"device": device_id})
        for resource, most in sorted(limits.items()):
            if most is None:
                continue
            this = {"device": device_id, "name": resource}
            if not self._session.change(_LIMIT, {**this, "most": most}):
                self._session.change(
                    _OPEN,
                    {"device_id": device_id, "resource": resource, "used": 0, "ceiling": most},
                )

    def used(self, device_ids: Iterable[str] | None) -> dict[str, dict[str, int]]:
        """What is used, by device and resource, zeros left out. None: of all devices."""
        rows = (
            self._session.rows(_USED)
            if device_ids is None
            else rows_for_all(self._session, _USED_BY, device_ids)
        )
        found: dict[str, dict[str, int]] = {}
        for device_id, resource, used in rows:
            found.setdefault(device_id, {})[resource] = used
        return found

    def forget(self, device_id: str) -> None:
        """Drop a device's counters."""
        self._session.change(_FORGET, {"device": device_id})
