"""What the conductor does first: find out what every device really runs, and repair it."""

from collections.abc import Mapping
from dataclasses import replace

from core.domain.device import Device
from core.domain.messages import ApplyServices, ServiceOrder
from core.domain.query import Query
from core.domain.service import Service, ServiceKind
from core.ports.agent_bus import AgentBus
from core.ports.clock import Clock
from core.ports.secret_store import SecretStore, UnsealFailure
from core.ports.service_kind import ServiceKindModel
from core.ports.unit_of_work import Store, UnitOfWork
from core.usecases.conductor.handles import handle


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
        now = self._clock.now()
        with self._store.write() as work:
            for device in work.devices.find(Query()):
                work.devices.save(replace(device, due_at=now))
            for service in work.services.find(Query()):
                if not service.settled:
                    work.services.save(service.due(now))
            work.commit()
        with self._store.read() as work:
            for device in work.devices.find(Query()):
                command = self._everything(work, device)
                if command is not None:
                    self._bus.send(command)

    def _everything(self, work: UnitOfWork, device: Device) -> ApplyServices | None:
        bindings = work.bindings.find(Query(filters={"device_id": (device.id,)}))
        if not bindings or device.removing:
            return None
        found = [work.services.get(binding.service_id) for binding in bindings]
        services = [service for service in found if service is not None]
        settled = [service for service in services if service.settled]
        try:
            with_secrets = handle(device, self._secrets)
        except UnsealFailure:
            return None
        return ApplyServices(
            device=with_secrets,
            orders=tuple(self._order(work, service) for service in settled),
            complete=len(settled) == len(bindings),
        )

    def _order(self, work: UnitOfWork, service: Service) -> ServiceOrder:
        return ServiceOrder(
            service_id=service.id,
            kind=service.kind,
            revision=service.desired_revision,
            spec=self._kinds[service.kind].wanted(work, service).spec,
        )
