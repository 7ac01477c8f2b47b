"""What is claimed and wired on each device, in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from adapters.persistence.collection import BINDINGS
from adapters.persistence.memory.accounts import Accounts
from adapters.persistence.memory.feed import MemoryFleetFeed
from adapters.persistence.memory.tables import Tables
from core.domain.binding import (
    Account,
    Attachment,
    Binding,
    DeviceNetwork,
    Usage,
    vlan_resource,
)


class MemoryLedger:
    """A DeviceLedger."""

    def __init__(self, tables: Tables, feed: MemoryFleetFeed) -> None:
        self._tables = tables
        self._accounts = Accounts(tables)
        self._feed = feed

    def set_limits(self, device_id: str, limits: Mapping[str, int | None]) -> None:
        self._tables.access.check_fleet()
        account = self._accounts.get(device_id)
        self._accounts.put(device_id, replace(account, limits=dict(limits)))
        self._feed.touch([device_id])

    def usage(self, device_ids: Iterable[str] | None = None) -> dict[str, Usage]:
        return {
            device_id: Usage(
                used=account.used,
                networks=tuple(row for _, row in sorted(account.networks.items())),
            )
            for device_id, account in self._accounts.chosen(device_ids).items()
            if account.used or account.networks
        }

    def accounts(self, device_ids: Iterable[str] | None = None) -> dict[str, Account]:
        wanted = None if device_ids is None else set(device_ids)
        projects = self._projects(wanted)
        found = {}
        for device_id in {**self._accounts.chosen(wanted), **projects}:
            own = self._accounts.get(device_id)
            if own.used or own.networks or device_id in projects:
                found[device_id] = Account(
                    used=own.used,
                    networks={row.network_id: row.cidrs for row in own.networks.values()},
                    projects=projects.get(device_id, {}),
                )
        return found

    def _projects(self, wanted: set[str] | None) -> dict[str, dict[str, int]]:
        bindings: Mapping[object, Binding] = self._tables.rows(BINDINGS.name)
        found: dict[str, dict[str, int]] = {}
        for binding in bindings.values():
            if wanted is None or binding.device_id in wanted:
                projects = found.setdefault(binding.device_id, {})
                projects[binding.project_id] = projects.get(binding.project_id, 0) + 1
        return found

    def idle_networks(self) -> list[DeviceNetwork]:
        return [
            row
            for _, account in sorted(self._accounts.chosen(None).items())
            for _, row in sorted(account.networks.items())
            if not row.users
        ]

    def start_wiring(self, device_id: str, network_id: str, now: float, until: float) -> bool:
        self._tables.access.check_fleet()
        row = self._accounts.network((device_id, network_id))
        if row is None or row.is_being_wired(now):
            return False
        self._put(replace(row, wiring_until=until))
        return True

    def end_wiring(self, device_id: str, network_id: str, attachment: Attachment | None) -> bool:
        self._tables.access.check_fleet()
        row = self._accounts.network((device_id, network_id))
        if row is None:
            if attachment is not None:
                raise LookupError(f"network {network_id} is not claimed on {device_id}")
            return False
        if attachment is not None or row.users:
            self._put(replace(row, attachment=attachment, wiring_until=None))
            return False
        account = self._accounts.get(device_id)
        networks = {key: other for key, other in account.networks.items() if key != network_id}
        account = account.taking({vlan_resource(row.interface): -1})
        self._accounts.put(device_id, replace(account, networks=networks))
        self._feed.touch([device_id])
        return True

    def _put(self, row: DeviceNetwork) -> None:
        account = self._accounts.get(row.device_id)
        self._accounts.put(row.device_id, account.with_networks({row.network_id: row}))

    def forget(self, device_id: str) -> None:
        self._tables.access.check_fleet()
        self._accounts.drop(device_id)
        self._feed.touch([device_id])
