"""What the conductor does first: find out what every device really runs, and repair it."""

import logging
from collections.abc import Mapping
from dataclasses import replace

from core.domain.device import Device, DeviceStatus
from core.domain.messages import ApplyServices, ServiceOrder
from core.domain.query import Query
from core.domain.service import Service, ServiceKind
from core.ports.agent_bus import AgentBus
from core.ports.clock import Clock
from core.ports.secret_store import SecretStore, UnsealFailure
from core.ports.service_kind import ServiceKindModel
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.handles import handle

_log = logging.getLogger(__name__)


class Recovery:
    """Starts from the database, whatever the last process left half done."""

    def __init__(
        self,
        *,
        store: Store,
        bus: AgentBus,
        kinds: Mapping[ServiceKind, ServiceKindModel],
        secrets: SecretStore,
        clock: Clock,
    ) -> None:
        self._store = store
        self._bus = bus
        self._kinds = kinds
        self._secrets = secrets
        self._clock = clock

    def run(self) -> None:
        """Make unfinished work and all devices due; send each device its whole settled state."""
        self.make_due()
        with self._store.read() as work:
            for device in work.devices.find(Query()):
                command = self._everything(work, device)
                if command is not None:
                    self._bus.send(command)

    def make_due(self) -> None:
        """Have everything unfinished looked at now, whatever time was set for it."""
        now = self._clock.now()
        with self._store.write() as work:
            for device in work.devices.find(Query()):
                work.devices.save(replace(device, due_at=now))
            for pool in work.device_pools.find(Query()):
                if pool.grow_after is not None:
                    work.device_pools.save(replace(pool, grow_after=None))
            for service in work.services.find(Query()):
                if not service.settled:
                    work.services.save(service.due(now))
            work.commit()

    def _everything(self, work: UnitOfWork, device: Device) -> ApplyServices | None:
        bindings = work.bindings.find(Query(filters={"device_id": (device.id,)}))
        if not bindings or device.removing or device.status is DeviceStatus.SPAWNING:
            return None
        try:
            with_secrets = handle(device, self._secrets)
        except UnsealFailure:
            return None
        services = [work.services.get(binding.service_id) for binding in bindings]
        settled = [service for service in services if service is not None and service.settled]
        orders = [order for order in (self._order(work, each) for each in settled) if order]
        return ApplyServices(
            device=with_secrets, orders=tuple(orders), complete=len(orders) == len(bindings)
        )

    def _order(self, work: UnitOfWork, service: Service) -> ServiceOrder | None:
        """The order for a settled service; None when it cannot be made, which the log tells:
        the device goes on with what it runs."""
        try:
            spec = self._kinds[service.kind].wanted(work, service).spec
        except Exception:  # noqa: BLE001 - one service must not keep the daemon from starting
            _log.exception("service %s cannot be recovered", service.id)
            return None
        return ServiceOrder(
            service_id=service.id,
            kind=service.kind,
            revision=service.desired_revision,
            spec=spec,
        )
