"""Each device's account of what is claimed on it, in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from adapters.persistence.books import Key
from adapters.persistence.memory.tables import Tables
from core.domain.binding import DeviceNetwork

_ACCOUNTS = "accounts"


@dataclass(frozen=True, slots=True)
class DeviceAccount:
    """One device's limits, what is used of them, and its networks by id."""

    limits: Mapping[str, int | None] = field(default_factory=dict)
    used: Mapping[str, int] = field(default_factory=dict)
    networks: Mapping[str, DeviceNetwork] = field(default_factory=dict)

    def taking(self, changes: Mapping[str, int]) -> "DeviceAccount":
        used = {**self.used}
        for resource, amount in changes.items():
            used[resource] = used.get(resource, 0) + amount
            if not used[resource]:
                del used[resource]
        return replace(self, used=used)

    def with_networks(self, networks: Mapping[str, DeviceNetwork]) -> "DeviceAccount":
        return replace(self, networks={**self.networks, **networks})


class Accounts:
    """The devices' accounts in the tables."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, device_id: str) -> DeviceAccount:
        found: DeviceAccount | None = self._tables.rows(_ACCOUNTS).get(device_id)
        return DeviceAccount() if found is None else found

    def put(self, device_id: str, account: DeviceAccount) -> None:
        self._tables.changing(_ACCOUNTS)[device_id] = account

    def drop(self, device_id: str) -> None:
        self._tables.changing(_ACCOUNTS).pop(device_id, None)

    def chosen(self, device_ids: Iterable[str] | None) -> dict[str, DeviceAccount]:
        rows = self._tables.rows(_ACCOUNTS)
        wanted = rows if device_ids is None else [one for one in device_ids if one in rows]
        return {str(device_id): rows[device_id] for device_id in wanted}

    def network(self, key: Key) -> DeviceNetwork | None:
        """A network's place on a device, by both ids."""
        return self.get(key[0]).networks.get(key[1])
