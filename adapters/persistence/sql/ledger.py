"""What is claimed and wired on each device, in SQL."""

from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, func, select

from adapters.persistence.sql.chunks import rows_for_all
from adapters.persistence.sql.counters import Counters
from adapters.persistence.sql.device_networks import DeviceNetworks
from adapters.persistence.sql.session import Session
from adapters.persistence.sql.tables import bindings, services
from core.domain.binding import Attachment, DeviceNetwork, Usage, vlan_resource

_TENANTS = (
    select(bindings.c.device_id, services.c.project_id, func.count())
    .join(services, services.c.id == bindings.c.service_id)
    .group_by(bindings.c.device_id, services.c.project_id)
)
_TENANTS_OF = _TENANTS.where(bindings.c.device_id.in_(bindparam("ids", expanding=True)))


class SqlLedger:
    """A DeviceLedger."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._counters = Counters(session)
        self._networks = DeviceNetworks(session)

    def set_limits(self, device_id: str, limits: Mapping[str, int | None]) -> None:
        self._counters.limit(device_id, limits)

    def usage(self, device_ids: Iterable[str] | None = None) -> dict[str, Usage]:
        wanted = None if device_ids is None else tuple(device_ids)
        used = self._counters.used(wanted)
        networks = self._networks.on(wanted)
        return {
            device_id: Usage(used=used.get(device_id, {}), networks=networks.get(device_id, ()))
            for device_id in {**used, **networks}
        }

    def tenants(self, device_ids: Iterable[str] | None = None) -> dict[str, dict[str, int]]:
        rows = (
            self._session.rows(_TENANTS)
            if device_ids is None
            else rows_for_all(self._session, _TENANTS_OF, device_ids)
        )
        found: dict[str, dict[str, int]] = {}
        for device_id, project_id, number in rows:
            found.setdefault(device_id, {})[project_id] = number
        return found

    def record_attachment(self, attachment: Attachment) -> None:
        if not self._networks.attach(attachment):
            raise LookupError(
                f"network {attachment.network_id} is not claimed on {attachment.device_id}"
            )

    def idle_networks(self) -> list[DeviceNetwork]:
        return self._networks.idle()

    def close_network(self, device_id: str, network_id: str) -> bool:
        row = self._networks.get(device_id, network_id)
        if row is None:
            return True
        if not self._networks.close(device_id, network_id):
            return False
        self._counters.give_back(device_id, {vlan_resource(row.interface): 1})
        return True

    def forget(self, device_id: str) -> None:
        self._counters.forget(device_id)
        self._networks.forget(device_id)
