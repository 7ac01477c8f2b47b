"""A store with a fleet, and all that tells about placement over it."""

import threading
from dataclasses import replace

from adapters.network.memory import MemoryWirer
from adapters.persistence.memory import MemoryStore
from adapters.system import CountingIds, ManualClock
from core.domain.device import Device, DeviceStatus, effective_limits
from core.domain.placement.decision import Decision
from core.domain.placement.request import Requirements
from core.domain.service import ServiceKind
from core.ports.service_kind import Wanted
from core.usecases.caller import Caller
from core.usecases.fleet.decisions import Decisions
from core.usecases.placement.capacity import Capacity
from core.usecases.placement.examining import Examiner
from core.usecases.placement.requests import request_for
from core.usecases.placement.scheduler import FleetScheduler
from core.usecases.placement.view import FleetView
from core.usecases.placement.what_if import WhatIf
from tests import builders as a
from tests.core.domain.placement.fleet import DRIVER, NET_A

ADMIN = Caller("ops", is_admin=True)
BLUE = Caller("blue", is_admin=False)
GREEN = Caller("green", is_admin=False)


class Wishes:
    """A kind of service whose needs a test sets."""

    kind = ServiceKind.LOADBALANCER

    def __init__(self) -> None:
        self.requirements: dict[str, Requirements] = {}

    def wanted(self, work, services) -> dict[str, Wanted]:
        return {each.id: Wanted(self.requirements[each.id], {}) for each in services}

    def forget(self, work, service) -> None:
        work.services.remove(service.id)


class Yard:
    """Devices, service types and services, placed by the scheduler itself."""

    def __init__(self, drivers=None, advisors=None) -> None:
        limits = {"vips": 10, "vlans:eth1": 4}
        self.drivers = drivers or {"haproxy": replace(DRIVER, limits=limits)}
        self.advisors = advisors or {}
        self.store, self.clock, self.ids = MemoryStore(), ManualClock(1000.0), CountingIds()
        self.view = FleetView(self.drivers, threading.Lock())
        self.kind = Wishes()
        common = {"store": self.store, "view": self.view, "clock": self.clock}
        asking = {**common, "advisors": self.advisors}
        self.scheduler = FleetScheduler(
            view=self.view, advisors=self.advisors, clock=self.clock, ids=self.ids
        )
        self.examiner = Examiner(**asking, kinds={self.kind.kind: self.kind})
        self.decisions = Decisions(self.store, self.examiner)
        self.networks = MemoryWirer(self.clock, self.ids)
        self.what_if = WhatIf(**asking, ipam=self.networks, drivers=self.drivers)
        self.capacity = Capacity(**common)
        self._number = 0

    def device(self, name: str, /, **fields) -> None:
        """A device that is online unless the fields say otherwise."""
        self._number += 1
        defaults = {"id": name, "number": self._number, "status": DeviceStatus.ONLINE}
        self.add(a.a_device(name, **{**defaults, **fields}))

    def add(self, device: Device) -> None:
        """Register a device."""
        with self.store.write() as work:
            work.devices.add(device)
            driver = self.drivers.get(device.driver)
            if driver is not None:
                work.ledger.set_limits(device.id, effective_limits(device, driver))
            work.commit()

    def change_device(self, name: str, /, **fields) -> None:
        with self.store.write() as work:
            work.devices.save(replace(work.devices.get(name), **fields))
            work.commit()

    def service_type(self, name: str = "gold", /, **fields) -> None:
        with self.store.write() as work:
            work.service_types.add(a.a_service_type(name, **{"id": name, **fields}))
            work.commit()

    def place(
        self,
        name: str,
        *networks,
        project: str = "blue",
        service_type: str = "gold",
        features=None,
        deployed: bool = False,
    ) -> Decision:
        """A service, and what the scheduler decided about it."""
        requirements = Requirements(vip_address="10.1.0.5", networks=networks or (NET_A,))
        if features is not None:
            requirements = replace(requirements, features=features)
        self.kind.requirements[name] = requirements
        service = a.a_service(
            name,
            id=name,
            project_id=project,
            service_type_id=service_type,
            deployed_revision=int(deployed),
        )
        with self.store.write() as work:
            work.services.add(service)
            wanted = request_for(service, work.service_types.get(service_type), requirements, None)
            [placement] = self.scheduler.place(work, [wanted])
            work.commit()
        return placement.decision
