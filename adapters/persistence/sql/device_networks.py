"""The networks that each device is on, and how many services use them there."""

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, delete, insert, select, update

from adapters.persistence.sql.chunks import rows_for_all
from adapters.persistence.sql.mapping import RowMapping, json_codec
from adapters.persistence.sql.session import Session
from adapters.persistence.sql.tables import device_networks as table
from adapters.persistence.sql.tables import service_networks
from core.domain.binding import Attachment, DeviceNetwork

_MAPPING = RowMapping(DeviceNetwork, table)
_ORDER = (table.c.device_id, table.c.network_id)
_THIS = (
    table.c.device_id == bindparam("device"),
    table.c.network_id == bindparam("network"),
)
_ALL = select(*_MAPPING.columns).order_by(*_ORDER)
_ON = _ALL.where(table.c.device_id.in_(bindparam("ids", expanding=True)))
_IDLE = _ALL.where(table.c.users == 0)
_GET = select(*_MAPPING.columns).where(*_THIS)
_OPEN = insert(table)
_JOIN = update(table).where(*_THIS).values(users=table.c.users + 1, cidrs=bindparam("subnets"))
_LEAVE = update(table).where(*_THIS).values(users=table.c.users - 1)
_NARROW = update(table).where(*_THIS).values(cidrs=bindparam("subnets"))
_ATTACH = update(table).where(*_THIS).values(attachment=bindparam("wiring"))
_CLOSE = delete(table).where(*_THIS, table.c.users == 0)
_FORGET = delete(table).where(table.c.device_id == bindparam("device"))
_CIDRS = (
    select(service_networks.c.cidr)
    .where(
        service_networks.c.device_id == bindparam("device"),
        service_networks.c.network_id == bindparam("network"),
    )
    .distinct()
    .order_by(service_networks.c.cidr)
)
_encode_cidrs = json_codec(tuple[str, ...])[1]
_encode_attachment = json_codec(Attachment)[1]


class DeviceNetworks:
    """The devices' networks inside one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, device_id: str, network_id: str) -> DeviceNetwork | None:
        rows = self._session.rows(_GET, _this(device_id, network_id))
        return _MAPPING.load(rows[0]) if rows else None

    def on(self, device_ids: Iterable[str] | None) -> dict[str, tuple[DeviceNetwork, ...]]:
        """By device, in order of the networks' ids. None: of all devices."""
        rows = (
            self._session.rows(_ALL)
            if device_ids is None
            else rows_for_all(self._session, _ON, device_ids)
        )
        found: dict[str, tuple[DeviceNetwork, ...]] = {}
        for network in map(_MAPPING.load, rows):
            found[network.device_id] = (*found.get(network.device_id, ()), network)
        return found

    def idle(self) -> list[DeviceNetwork]:
        """Those without users."""
        return [_MAPPING.load(row) for row in self._session.rows(_IDLE)]

    def open(self, network: DeviceNetwork) -> None:
        """Put a device on a network."""
        self._session.change(_OPEN, _MAPPING.dump(network))

    def join(self, network: DeviceNetwork, cidrs: Sequence[str]) -> None:
        """Count one more user of a network that is open, on the subnets `cidrs`."""
        known = network.cidrs if network.users else ()
        subnets = _encode_cidrs(tuple(sorted({*known, *cidrs})))
        this = _this(network.device_id, network.network_id)
        self._session.change(_JOIN, {**this, "subnets": subnets})

    def leave(self, device_id: str, network_id: str) -> None:
        """Count one user less."""
        self._session.change(_LEAVE, _this(device_id, network_id))
        self.narrow(device_id, network_id)

    def narrow(self, device_id: str, network_id: str) -> None:
        """Keep the subnets that services still use; those of the last one stay."""
        this = _this(device_id, network_id)
        cidrs = tuple(row[0] for row in self._session.rows(_CIDRS, this))
        if cidrs:
            self._session.change(_NARROW, {**this, "subnets": _encode_cidrs(cidrs)})

    def attach(self, attachment: Attachment) -> bool:
        """Note an attachment; False when the network is not on the device."""
        this = _this(attachment.device_id, attachment.network_id)
        wiring = _encode_attachment(attachment)
        return bool(self._session.change(_ATTACH, {**this, "wiring": wiring}))

    def close(self, device_id: str, network_id: str) -> bool:
        """Remove a network without users; False when there is none such."""
        return bool(self._session.change(_CLOSE, _this(device_id, network_id)))

    def forget(self, device_id: str) -> None:
        """Drop all networks of a device."""
        self._session.change(_FORGET, {"device": device_id})


def _this(device_id: str, network_id: str) -> dict[str, str]:
    return {"device": device_id, "network": network_id}
