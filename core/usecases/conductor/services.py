"""Takes each service that is due to its next step: place, wire, order, or let go.

Level-triggered: a step looks at what is stored, not at what happened. Each is recorded
before the next begins, so whatever dies, the next look goes on from there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.binding import Binding
from core.domain.device import Device, DeviceStatus
from core.domain.messages import ApplyServices, ServiceOrder
from core.domain.placement.request import PlacementRequest, Requirements
from core.domain.service import Cause, Service, ServiceKind
from core.domain.service_type import ServiceType
from core.ports.agent_bus import AgentBus
from core.ports.clock import Clock
from core.ports.network_wirer import NetworkWirer, WiringFailure
from core.ports.placement_advisor import PlacementAdvisor
from core.ports.secret_store import SecretStore, UnsealFailure
from core.ports.service_kind import ServiceKindModel
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.failing import fail
from core.usecases.conductor.handles import handle
from core.usecases.conductor.isolation import deal_with, internal_error
from core.usecases.conductor.placing import Place, Placing
from core.usecases.conductor.removal import ServiceRemoval
from core.usecases.conductor.timing import STEP_DEADLINE
from core.usecases.placement.requests import request_for

BATCH = 32
"""Services stepped in one transaction: enough to share its cost, few enough to be short."""

Wire = tuple[str, str, str]
"""Device, network and interface that are claimed and not attached yet."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A service to be deployed: its state for the driver, the binding that it has, and the
    request for a new or a changed one, if it needs that."""

    service: Service
    spec: Mapping[str, object]
    binding: Binding | None
    request: PlacementRequest | None


@dataclass
class _Round:
    """What one transaction found out and what follows from it."""

    wanted: list[_Wanted] = field(default_factory=list)
    service_types: dict[str, ServiceType | None] = field(default_factory=dict)
    orders: dict[str, list[ServiceOrder]] = field(default_factory=lambda: defaultdict(list))
    devices: dict[str, Device] = field(default_factory=dict)
    wires: dict[Wire, list[str]] = field(default_factory=lambda: defaultdict(list))
    wired: set[tuple[str, str]] = field(default_factory=set)
    """Devices and networks that are known to be attached."""
    unbound: list[Service] = field(default_factory=list)


class ServiceSteps:
    """The conductor's work on services."""

    def __init__(
        self,
        *,
        store: Store,
        placing: Placing,
        wirer: NetworkWirer,
        bus: AgentBus,
        kinds: Mapping[ServiceKind, ServiceKindModel],
        advisors: Mapping[str, PlacementAdvisor],
        secrets: SecretStore,
        removal: ServiceRemoval,
        clock: Clock,
    ) -> None:
        self._store = store
        self._placing = placing
        self._wirer = wirer
        self._bus = bus
        self._kinds = kinds
        self._advisors = advisors
        self._secrets = secrets
        self._removal = removal
        self._clock = clock

    def advance(self) -> int:
        """One round over what is due; returns how many services were."""
        with self._store.read() as work:
            due = work.due.services(self._clock.now(), BATCH)
        if due:
            deal_with([service.id for service in due], self._round, self._defective)
        return len(due)

    def _round(self, service_ids: Sequence[str]) -> None:
        this = _Round()
        with self._store.write() as work:
            for service in work.due.services(self._clock.now(), BATCH):
                if service.id in service_ids:
                    self._step(work, service, this)
            self._place_all(work, this)
            work.commit()
        for device_id, orders in this.orders.items():
            self._send(this.devices[device_id], orders)
        self._wire(this.wires)
        self._removal.finish(this.unbound)

    def _defective(self, service_id: str, defect: Exception) -> None:
        self._fail_all([service_id], Cause.DEFECT, internal_error(defect))

    def _step(self, work: UnitOfWork, service: Service, this: _Round) -> None:
        if service.settled:
            work.services.save(service.due(None))
        elif service.deleting:
            self._let_go(work, service, this)
        else:
            self._look(work, service, this)

    def _let_go(self, work: UnitOfWork, service: Service, this: _Round) -> None:
        binding = work.bindings.get(service.id)
        device = work.devices.get(binding.device_id) if binding is not None else None
        if device is None or device.status is DeviceStatus.SPAWNING:
            this.unbound.append(service)
            return
        self._order(work, service, device, None, this)

    def _look(self, work: UnitOfWork, service: Service, this: _Round) -> None:
        """Find out what a service is wanted to be, and whether it needs another binding."""
        wanted = self._kinds[service.kind].wanted(work, service)
        binding = work.bindings.get(service.id)
        request = None
        if binding is None or self._outgrown(work, binding, wanted.requirements):
            service_type = this.service_types.get(service.service_type_id)
            if service_type is None:
                service_type = work.service_types.get(service.service_type_id)
                this.service_types[service.service_type_id] = service_type
            request = request_for(service, service_type, wanted.requirements, binding)
        this.wanted.append(_Wanted(service, wanted.spec, binding, request))

    def _place_all(self, work: UnitOfWork, this: _Round) -> None:
        """Place what must be placed, all of it together, then deploy."""
        requests = [each.request for each in this.wanted if each.request is not None]
        places = self._placing.place(work, requests) if requests else {}
        for each in this.wanted:
            place = places.get(each.service.id, Place(each.binding))
            if place.binding is not None:
                self._deploy(work, each, place.binding, this)
                continue
            text = place.refusal
            if each.service.deployed_revision:
                text += f"; revision {each.service.deployed_revision} keeps serving"
            self._fail(work, each.service, Cause.PLACEMENT, text)

    def _deploy(self, work: UnitOfWork, each: _Wanted, binding: Binding, this: _Round) -> None:
        service = each.service
        device = this.devices.get(binding.device_id) or work.devices.get(binding.device_id)
        if device is None:
            self._fail(work, service, Cause.PLACEMENT, "the device is gone from the registry")
            return
        if device.status is DeviceStatus.SPAWNING:
            # The device makes it due as soon as it is ready.
            deadline = self._clock.now() + STEP_DEADLINE
            work.services.save(service.awaiting("waits for a device that is being made", deadline))
            return
        missing = self._missing_wires(work, binding, this)
        if missing:
            for wire in missing:
                this.wires[wire].append(service.id)
            return
        self._order(work, service, device, each.spec, this)

    def _outgrown(self, work: UnitOfWork, binding: Binding, needed: Requirements) -> bool:
        """Whether the service asks for more than was claimed, or than its device can do."""
        if not set(needed.networks) <= set(binding.networks):
            return True
        device = work.devices.get(binding.device_id)
        if device is None:
            return True
        advisor = self._advisors.get(device.driver)
        can = device.capabilities or (advisor.info.capabilities if advisor else None)
        return can is None or bool(can.missing(needed.features))

    def _missing_wires(self, work: UnitOfWork, binding: Binding, this: _Round) -> list[Wire]:
        needed = {(binding.device_id, need.network_id) for need in binding.networks}
        if needed <= this.wired:
            return []
        usage = work.ledger.usage([binding.device_id])[binding.device_id]
        missing = []
        for network in usage.networks:
            place = (network.device_id, network.network_id)
            if network.attachment is not None:
                this.wired.add(place)
            elif place in needed:
                missing.append((*place, network.interface))
        return missing

    def _order(
        self,
        work: UnitOfWork,
        service: Service,
        device: Device,
        spec: Mapping[str, object] | None,
        this: _Round,
    ) -> None:
        this.devices[device.id] = device
        this.orders[device.id].append(
            ServiceOrder(
                service_id=service.id,
                kind=service.kind,
                revision=service.desired_revision,
                spec=spec,
            )
        )
        work.services.save(service.due(self._clock.now() + STEP_DEADLINE))

    def _send(self, device: Device, orders: list[ServiceOrder]) -> None:
        try:
            with_secrets = handle(device, self._secrets)
        except UnsealFailure:
            text = "the device's secrets cannot be read; the operator must set them again"
            self._fail_all([order.service_id for order in orders], Cause.DEVICE, text)
            return
        self._bus.send(ApplyServices(device=with_secrets, orders=tuple(orders)))

    def _wire(self, wires: Mapping[Wire, list[str]]) -> None:
        """Attach what is missing. The services stay due and are ordered in the next round."""
        for (device_id, network_id, interface), service_ids in wires.items():
            try:
                attachment = self._wirer.attach(device_id, network_id, interface)
            except WiringFailure as failure:
                self._fail_all(service_ids, Cause.WIRING, str(failure))
                continue
            with self._store.write() as work:
                work.ledger.record_attachment(attachment)
                work.commit()

    def _fail_all(self, service_ids: list[str], cause: Cause, text: str) -> None:
        with self._store.write() as work:
            for service_id in service_ids:
                service = work.services.get(service_id)
                if service is not None:
                    self._fail(work, service, cause, text)
            work.commit()

    def _fail(self, work: UnitOfWork, service: Service, cause: Cause, text: str) -> None:
        fail(work, service, cause, text, self._clock.now())
