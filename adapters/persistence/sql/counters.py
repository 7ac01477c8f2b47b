"""Each device's counters: how much of each resource is used, and the most that may be."""

from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, delete, insert, or_, select, update

from adapters.persistence.sql.chunks import rows_for_all
from adapters.persistence.sql.session import Session
from adapters.persistence.sql.tables import device_counters as table
from core.domain.binding import Shortage

_THIS = (
    table.c.device_id == bindparam("device"),
    table.c.resource == bindparam("name"),
)
_ADDED = table.c.used + bindparam("amount", type_=table.c.used.type)
_ADD = update(table).where(*_THIS).values(used=_ADDED)
_TAKE = _ADD.where(or_(table.c.ceiling.is_(None), table.c.ceiling >= _ADDED))
_LOOK = select(table.c.used, table.c.ceiling).where(*_THIS)
_OPEN = insert(table)
_UNLIMIT = update(table).where(table.c.device_id == bindparam("device")).values(ceiling=None)
_LIMIT = update(table).where(*_THIS).values(ceiling=bindparam("most"))
_USED = select(table.c.device_id, table.c.resource, table.c.used).where(table.c.used > 0)
_USED_BY = _USED.where(table.c.device_id.in_(bindparam("ids", expanding=True)))
_FORGET = delete(table).where(table.c.device_id == bindparam("device"))


class Counters:
    """The counters inside one unit of work. A counter without a row is 0 and unlimited."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, device_id: str, changes: Mapping[str, int]) -> Shortage | None:
        """Add to the counters, or change nothing and say which has no room.

        The check and the change are one statement, so no limit is exceeded even where
        the database runs other units of work at the same time.
        """
        taken: dict[str, int] = {}
        for resource, amount in changes.items():
            shortage = self._take_one(device_id, resource, amount)
            if shortage is not None:
                self.give_back(device_id, taken)
                return shortage
            taken[resource] = amount
        return None

    def give_back(self, device_id: str, amounts: Mapping[str, int]) -> None:
        """Subtract from the counters."""
        for resource, amount in amounts.items():
            self._session.change(_ADD, {"device": device_id, "name": resource, "amount": -amount})

    def _take_one(self, device_id: str, resource: str, amount: int) -> Shortage | None:
        this = {"device": device_id, "name": resource}
        statement = _TAKE if amount > 0 else _ADD
        if self._session.change(statement, {**this, "amount": amount}):
            return None
        for used, ceiling in self._session.rows(_LOOK, this):
            return Shortage(device_id, resource, amount, used, ceiling)
        self._session.change(
            _OPEN, {"device_id": device_id, "resource": resource, "used": amount, "ceiling": None}
        )
        return None

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
