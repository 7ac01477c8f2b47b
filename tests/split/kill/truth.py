"""What is stored and what devices run, looked at behind everybody's back, and what must hold."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from adapters.devices.memory import PLUGIN
from adapters.devices.memory.state import Applied, DeviceState
from adapters.persistence.sql import connect_sql_store
from adapters.system import SystemClock
from core.domain.binding import Usage
from core.domain.device import Device
from core.domain.loadbalancer.spec import LoadBalancerSpec
from core.domain.query import Query
from core.domain.service import Service
from core.usecases.fleet.consistency import Consistency
from core.usecases.loadbalancing.kind import LoadBalancerKind
from tests.split.kill.staleness import stale

DRIVERS = {"memory": PLUGIN.advisor.info}


@dataclass(frozen=True)
class Fleet:
    """What is stored of devices and services at one moment."""

    devices: list[Device]
    services: list[Service]
    bound: dict[str, str]
    """Device by service."""

    @property
    def unsettled(self) -> list[Service]:
        """Services with work to be done."""
        return [each for each in self.services if not each.settled]

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to be done for any service, and no device changes hands."""
        return not self.unsettled and not any(
            each.releasing
            or each.removing
            or each.agent_id is None
            or each.probed_epoch != each.epoch
            for each in self.devices
        )


class Truth:
    """Looks at a database and at the files of devices. Devices have a file that bears their
    name."""

    def __init__(self, database_url: str, devices_dir: Path) -> None:
        self._store = connect_sql_store(database_url)
        self._folder = devices_dir / "memory"

    def fleet(self) -> Fleet:
        """How things are. Raises StoreFailure."""
        with self._store.read() as work:
            return Fleet(
                work.devices.find(Query()),
                work.services.find(Query()),
                {each.service_id: each.device_id for each in work.bindings.find(Query())},
            )

    def device(self, name: str) -> DeviceState:
        """What a device runs."""
        path = self._folder / name
        if not path.exists():
            return DeviceState()
        return msgspec.json.decode(path.read_bytes(), type=DeviceState)

    def log(self, name: str) -> list[Applied]:
        """All that was ever done to a device."""
        path = self._folder / f"{name}.log"
        # Somebody may be at the last line just now; what ends it comes last.
        *lines, _ = path.read_bytes().split(b"\n") if path.exists() else [b""]
        return [msgspec.json.decode(line, type=Applied) for line in lines]

    def wrongs(self) -> list[str]:
        """All that is wrong with what is settled. Raises StoreFailure."""
        return [
            *self.inconsistencies(),
            *self.deviations(),
            *(wrong for each in self.fleet().devices for wrong in self.stale(each.name)),
        ]

    def inconsistencies(self) -> list[str]:
        """Claims, counters and networks that do not agree, and limits that are exceeded."""
        report = Consistency(store=self._store, drivers=DRIVERS, clock=SystemClock()).check()
        return [str(each) for each in (*report.findings, *report.over)]

    def deviations(self) -> list[str]:
        """Where devices differ from what is wanted of them, and bindings from what is needed."""
        wrongs = []
        with self._store.read() as work:
            services = {each.id: each for each in work.services.find(Query())}
            wanted = LoadBalancerKind().wanted(work, list(services.values()))
            bound: dict[str, set[str]] = defaultdict(set)
            for binding in work.bindings.find(Query()):
                bound[binding.device_id].add(binding.service_id)
                needed = wanted[binding.service_id].requirements.networks
                if set(binding.networks) != set(needed):
                    wrongs.append(f"{binding} needs {needed}")
            for device in work.devices.find(Query()):
                running = self.device(device.name).services
                mine = bound[device.id]
                if set(running) != mine:
                    wrongs.append(f"{device.name} runs {sorted(running)}, not {sorted(mine)}")
                for identity in mine & set(running):
                    kept, revision = running[identity], services[identity].desired_revision
                    spec = msgspec.convert(wanted[identity].spec, LoadBalancerSpec)
                    if (kept.revision, kept.spec) != (revision, spec):
                        wrongs.append(f"{device.name} runs {kept}, not {revision}: {spec}")
        return wrongs

    def stale(self, name: str) -> list[str]:
        """Applications to a device that came too late and were carried out all the same."""
        return [f"{name}: {each}" for each in stale(self.log(name))]

    def usage(self) -> dict[str, Usage]:
        """What is claimed and wired on each device."""
        with self._store.read() as work:
            return work.ledger.usage()

    def leftovers(self) -> list[str]:
        """All that is there of tenants' objects; nothing once all was deleted."""
        with self._store.read() as work:
            found = [
                *work.services.find(Query()),
                *work.load_balancers.find(Query()),
                *work.bindings.find(Query()),
                *work.pools.find(Query()),
                *work.members.find(Query()),
                *work.health_monitors.find(Query()),
                *work.pool_monitors.find(Query()),
                *work.reservations.find(Query()),
                *(
                    (device, usage)
                    for device, usage in work.ledger.usage().items()
                    if any(usage.used.values()) or usage.networks
                ),
                *(
                    (each.name, self.device(each.name).services)
                    for each in work.devices.find(Query())
                    if self.device(each.name).services
                ),
            ]
        return [str(each) for each in found]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._store.close()
