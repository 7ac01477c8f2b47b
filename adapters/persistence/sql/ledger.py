"""What is claimed and wired on each device, in SQL."""

from collections.abc import Iterable, Mapping

from adapters.persistence.sql.accounts import read_accounts
from adapters.persistence.sql.counters import Counters
from adapters.persistence.sql.device_networks import DeviceNetworks
from adapters.persistence.sql.feed import SqlFleetFeed
from adapters.persistence.sql.session import Session
from core.domain.binding import Account, Attachment, DeviceNetwork, Usage, vlan_resource


class SqlLedger:
    """A DeviceLedger."""

    def __init__(self, session: Session, feed: SqlFleetFeed) -> None:
        self._session = session
        self._feed = feed
        self._counters = Counters(session)
        self._networks = DeviceNetworks(session)

    def set_limits(self, device_id: str, limits: Mapping[str, int | None]) -> None:
        self._session.access.check_fleet()
        self._counters.limit(device_id, limits)
        self._feed.touch([device_id])

    def usage(self, device_ids: Iterable[str] | None = None) -> dict[str, Usage]:
        wanted = None if device_ids is None else tuple(device_ids)
        on = self._networks.on(wanted)
        used, networks = self._counters.used(wanted), on()
        return {
            device_id: Usage(used=used.get(device_id, {}), networks=networks.get(device_id, ()))
            for device_id in {**used, **networks}
        }

    def accounts(self, device_ids: Iterable[str] | None = None) -> dict[str, Account]:
        return read_accounts(self._session, device_ids)

    def idle_networks(self) -> list[DeviceNetwork]:
        return self._networks.idle()

    def start_wiring(self, device_id: str, network_id: str, now: float, until: float) -> bool:
        self._session.access.check_fleet()
        return self._networks.start_wiring(device_id, network_id, now, until)

    def end_wiring(self, device_id: str, network_id: str, attachment: Attachment | None) -> bool:
        self._session.access.check_fleet()
        if attachment is None and self._close(device_id, network_id):
            return True
        known = self._networks.end_wiring(device_id, network_id, attachment)
        if attachment is not None and not known:
            raise LookupError(f"network {network_id} is not claimed on {device_id}")
        return False

    def _close(self, device_id: str, network_id: str) -> bool:
        """Forget a network that nobody uses."""
        interface = self._networks.interface(device_id, network_id)
        if interface is None or not self._networks.close(device_id, network_id):
            return False
        self._counters.give_back(device_id, vlan_resource(interface), 1)
        self._feed.touch([device_id])
        return True

    def forget(self, device_id: str) -> None:
        self._session.access.check_fleet()
        self._counters.forget(device_id)
        self._networks.forget(device_id)
        self._feed.touch([device_id])
