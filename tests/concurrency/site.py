"""The fleet that rivals fight for, its operators, and whoever watches over its limits."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from adapters.system import SystemClock
from core.domain.device import AdminState, Device, DeviceStatus
from core.domain.query import Query
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.fleet.consistency import Consistency
from tests.concurrency.rival import DRIVERS

LIMITS = {"vips": 16, "throughput": 44, "vlans:eth1": 9}
FIRST, MOST = 8, 14
"""How many devices there are in the beginning, and in the end."""


class Site:
    """Changes devices as operators do, and knows what each may hold since then."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store = store
        self.consistency = Consistency(store, DRIVERS, SystemClock())
        self._random = random.Random(seed)
        self._most: dict[tuple[str, int], Mapping[str, int]] = {}
        """By device and generation: the limits, or what was used beyond them when they came."""
        self.looks = 0
        for _ in range(FIRST):
            self.add()

    def add(self) -> None:
        """Register one more device."""
        with self.store.write() as work:
            number = work.devices.count({})
            if number < MOST:
                device = Device(
                    id=f"lb{number}",
                    name=f"lb{number}",
                    number=number,
                    driver="haproxy",
                    status=DeviceStatus.ONLINE,
                    version="2.8.25",
                    limits=LIMITS,
                )
                work.devices.add(device)
                self._limit(work, device)
                work.commit()

    def interfere(self) -> None:
        """Do what operators and the conductor do at any time."""
        self._random.choice(
            [self.add, self.change_limits, self.change_limits, self.drain, self.tidy]
        )()

    def change_limits(self) -> None:
        """Raise or lower the limits of a device, perhaps below what is used."""
        device_id = f"lb{self._random.randrange(FIRST)}"
        limits = {name: most + self._random.randint(-most // 2, 6) for name, most in LIMITS.items()}
        with self.store.write() as work:
            device = work.devices.get(device_id)
            assert device is not None
            device = replace(device, limits=limits, generation=device.generation + 1)
            work.devices.save(device)
            self._limit(work, device)
            work.commit()

    def drain(self) -> None:
        """Close a device to new services, or open it again."""
        device_id = f"lb{self._random.randrange(FIRST)}"
        with self.store.write() as work:
            device = work.devices.get(device_id)
            assert device is not None
            state = self._random.choice([AdminState.ENABLED, AdminState.DRAINING])
            work.devices.save(replace(device, admin_state=state))
            work.commit()

    def tidy(self) -> None:
        """Detach what nobody uses."""
        with self.store.write() as work:
            for network in work.ledger.idle_networks():
                assert work.ledger.end_wiring(network.device_id, network.network_id, None)
            work.commit()

    def look(self) -> float:
        """Hold every device against what it may hold, and the books against the bindings; how
        full the fleet is."""
        assert self.consistency.check().findings == []
        with self.store.read() as work:
            devices = work.devices.find(Query())
            accounts = work.ledger.accounts()
        for device in devices:
            used = accounts[device.id].used if device.id in accounts else {}
            most = self._most[device.id, device.generation]
            over = {
                name: (used.get(name, 0), most[name])
                for name in most
                if used.get(name, 0) > most[name]
            }
            assert not over, f"{device.id} is over its limits: {over}"
        self.looks += 1
        room = sum(device.limits["vips"] or 0 for device in devices)
        return sum(account.used.get("vips", 0) for account in accounts.values()) / room

    def _limit(self, work: UnitOfWork, device: Device) -> None:
        account = work.ledger.accounts([device.id]).get(device.id)
        used = {} if account is None else account.used
        self._most[device.id, device.generation] = {
            name: max(most or 0, used.get(name, 0)) for name, most in device.limits.items()
        }
        work.ledger.set_limits(device.id, device.limits)


def prove(store: Store) -> int:
    """Everything that must hold when all is quiet; how many services are bound."""
    assert Consistency(store, DRIVERS, SystemClock()).check().findings == []
    with store.read() as work:
        bindings = work.bindings.find(Query())
        services = {service.id: service for service in work.services.find(Query())}
        accounts = work.ledger.accounts()
    used: dict[str, Counter[str]] = {}
    for binding in bindings:
        used.setdefault(binding.device_id, Counter()).update(binding.claims)
    for device_id, account in accounts.items():
        mine = {
            name: amount for name, amount in account.used.items() if not name.startswith("vlans:")
        }
        assert mine == dict(used.get(device_id, {}))
    # A service counts how often it was bound or released: a second release, or a second
    # binding, would show.
    bound = {binding.service_id for binding in bindings}
    assert bound == {one.id for one in services.values() if one.attempts % 2}
    return len(bound)
