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

    def record_attachment(self, attachment: Attachment) -> None:
        account = self._accounts.get(attachment.device_id)
        row = account.networks.get(attachment.network_id)
        if row is None:
            raise LookupError(
                f"network {attachment.network_id} is not claimed on {attachment.device_id}"
            )
        changed = {row.network_id: replace(row, attachment=attachment)}
        self._accounts.put(attachment.device_id, account.with_networks(changed))

    def idle_networks(self) -> list[DeviceNetwork]:
        return [
            row
            for _, account in sorted(self._accounts.chosen(None).items())
            for _, row in sorted(account.networks.items())
            if not row.users
        ]

    def close_network(self, device_id: str, network_id: str) -> bool:
        account = self._accounts.get(device_id)
        row = account.networks.get(network_id)
        if row is None:
            return True
        if row.users:
            return False
        networks = {key: other for key, other in account.networks.items() if key != network_id}
        account = account.taking({vlan_resource(row.interface): -1})
        self._accounts.put(device_id, replace(account, networks=networks))
        self._feed.touch([device_id])
        return True

    def forget(self, device_id: str) -> None:
        self._accounts.drop(device_id)
        self._feed.touch([device_id])
