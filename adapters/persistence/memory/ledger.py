"""What is claimed and wired on each device, in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from adapters.persistence.collection import BINDINGS, SERVICES
from adapters.persistence.memory.accounts import Accounts
from adapters.persistence.memory.tables import Tables
from core.domain.binding import Attachment, Binding, DeviceNetwork, Usage, vlan_resource
from core.domain.service import Service


class MemoryLedger:
    """A DeviceLedger."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._accounts = Accounts(tables)

    def set_limits(self, device_id: str, limits: Mapping[str, int | None]) -> None:
        account = self._accounts.get(device_id)
        self._accounts.put(device_id, replace(account, limits=dict(limits)))

    def usage(self, device_ids: Iterable[str] | None = None) -> dict[str, Usage]:
        return {
            device_id: Usage(
                used=account.used,
                networks=tuple(row for _, row in sorted(account.networks.items())),
            )
            for device_id, account in self._accounts.chosen(device_ids).items()
            if account.used or account.networks
        }

    def tenants(self, device_ids: Iterable[str] | None = None) -> dict[str, dict[str, int]]:
        wanted = None if device_ids is None else set(device_ids)
        services: Mapping[object, Service] = self._tables.rows(SERVICES.name)
        bindings: Mapping[object, Binding] = self._tables.rows(BINDINGS.name)
        found: dict[str, dict[str, int]] = {}
        for binding in bindings.values():
            service = services.get(binding.service_id)
            if service is not None and (wanted is None or binding.device_id in wanted):
                projects = found.setdefault(binding.device_id, {})
                projects[service.project_id] = projects.get(service.project_id, 0) + 1
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
        return True

    def forget(self, device_id: str) -> None:
        self._accounts.drop(device_id)
