"""Takes each service that is due to its next step: place, wire, order, or let go.

Level-triggered: a step looks at what is stored, not at what happened. Each is recorded
before the next begins, so whatever dies, the next look goes on from there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.domain.binding import Binding, NetworkNeed
from core.domain.device import Device
from core.domain.messages import ApplyServices, ServiceOrder
from core.domain.placement.request import PlacementRequest, Requirements
from core.domain.service import Cause, Service, ServiceKind
from core.domain.service_type import ServiceType
from core.ports.agent_bus import AgentBus
from core.ports.clock import Clock
from core.ports.network_wirer import NetworkWirer, WiringFailure
from core.ports.placement_advisor import PlacementAdvisor
from core.ports.scheduler import Scheduler
from core.ports.secret_store import SecretStore, UnsealFailure
from core.ports.service_kind import ServiceKindModel
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.failing import fail
from core.usecases.conductor.handles import handle
from core.usecases.conductor.isolation import deal_with, internal_error
from core.usecases.conductor.removal import ServiceRemoval
from core.usecases.conductor.timing import STEP_DEADLINE
from core.usecases.placement.words import refusal_for_tenant

BATCH = 32
"""Services stepped in one transaction: enough to share its cost, few enough to be short."""

Wire = tuple[str, str, str]
"""Device, network and interface that are claimed and not attached yet."""


@dataclass
class _Round:
    """What one transaction found out and what follows from it."""

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
        scheduler: Scheduler,
        wirer: NetworkWirer,
        bus: AgentBus,
        kinds: Mapping[ServiceKind, ServiceKindModel],
        advisors: Mapping[str, PlacementAdvisor],
        secrets: SecretStore,
        removal: ServiceRemoval,
        clock: Clock,
    ) -> None:
        self._store = store
        self._scheduler = scheduler
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
            self._deploy(work, service, this)

    def _let_go(self, work: UnitOfWork, service: Service, this: _Round) -> None:
        binding = work.bindings.get(service.id)
        device = work.devices.get(binding.device_id) if binding is not None else None
        if device is None:
            this.unbound.append(service)
            return
        self._order(work, service, device, None, this)

    def _deploy(self, work: UnitOfWork, service: Service, this: _Round) -> None:
        wanted = self._kinds[service.kind].wanted(work, service)
        binding = work.bindings.get(service.id)
        if binding is None or self._outgrown(work, binding, wanted.requirements):
            request = self._request(work, service, wanted.requirements, binding)
            placement = self._scheduler.place(work, request)
            if placement.binding is None:
                text = refusal_for_tenant(placement.decision)
                if service.deployed_revision:
                    text += f"; revision {service.deployed_revision} keeps serving"
                self._fail(work, service, Cause.PLACEMENT, text)
                return
            binding = placement.binding
        device = this.devices.get(binding.device_id) or work.devices.get(binding.device_id)
        if device is None:
            self._fail(work, service, Cause.PLACEMENT, "the device is gone from the registry")
            return
        missing = self._missing_wires(work, binding, this)
        if missing:
            for wire in missing:
                this.wires[wire].append(service.id)
            return
        self._order(work, service, device, wanted.spec, this)

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

    def _request(
        self,
        work: UnitOfWork,
        service: Service,
        requirements: Requirements,
        binding: Binding | None,
    ) -> PlacementRequest:
        service_type = work.service_types.get(service.service_type_id)
        if binding is not None:
            requirements = replace(
                requirements, networks=_union(requirements.networks, binding.networks)
            )
        policy = service_type.policy if service_type is not None else None
        request = PlacementRequest(
            service_id=service.id,
            project_id=service.project_id,
            kind=service.kind,
            service_type_id=service.service_type_id,
            drivers=_drivers(service_type),
            requirements=requirements,
            bound=binding,
        )
        if policy is None:
            return request
        return replace(request, policy=policy, demand=dict(policy.demand))

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


def _drivers(service_type: ServiceType | None) -> tuple[str, ...]:
    return service_type.drivers if service_type is not None else ()


def _union(
    first: tuple[NetworkNeed, ...], second: tuple[NetworkNeed, ...]
) -> tuple[NetworkNeed, ...]:
    """What is needed now, then what the device still runs on until it confirms the change."""
    return first + tuple(need for need in second if need not in first)
