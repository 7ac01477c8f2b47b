"""Takes each service that is due to its next step: place, wire, order, or let go.

Level-triggered: a step looks at what is stored, not at what happened. Each is recorded
before the next begins, so whatever dies, the next look goes on from there.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.domain.binding import Attachment, Binding, Usage
from core.domain.device import Device, DeviceStatus
from core.domain.messages import ApplyServices, ServiceOrder
from core.domain.placement.request import PlacementRequest, Requirements
from core.domain.query import Query
from core.domain.service import Cause, Service, ServiceKind
from core.domain.service_type import ServiceType
from core.domain.wiring import Site
from core.ports.clock import Clock
from core.ports.placement_advisor import PlacementAdvisor
from core.ports.secret_store import SecretStore, UnsealFailure
from core.ports.server_bus import ServerBus
from core.ports.service_kind import ServiceKindModel, Wanted
from core.ports.store import Store, StoreFailure
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.failing import fail, failed
from core.usecases.conductor.handles import handle
from core.usecases.conductor.isolation import deal_with_each, internal_error
from core.usecases.conductor.placing import Place, Placing
from core.usecases.conductor.removal import ServiceRemoval
from core.usecases.conductor.timing import LOOK_AGAIN, STEP_DEADLINE
from core.usecases.conductor.wiring import Wire, Wiring, attachments_for, fits
from core.usecases.lookup import related_along
from core.usecases.placement.requests import request_for

BATCH = 64
"""Services stepped in one transaction: enough to share its cost, few enough to be short."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A service to be deployed: its state for the driver, the binding that it has, and the
    request for a new or a changed one, if it needs that."""

    service: Service
    spec: Mapping[str, object]
    binding: Binding | None
    request: PlacementRequest | None


@dataclass(frozen=True, slots=True)
class _Wiring:
    """A network that is claimed and not attached yet: where its device is, the subnets in use,
    and the services that wait for it."""

    site: Site
    cidrs: tuple[str, ...]
    service_ids: list[str] = field(default_factory=list)


@dataclass
class _Round:
    """What one transaction found out and what follows from it."""

    wanted: list[_Wanted] = field(default_factory=list)
    changed: list[Service] = field(default_factory=list)
    """Services as they are to be stored."""
    service_types: dict[str, Callable[[], ServiceType | None]] = field(default_factory=dict)
    """Asked for as in Repository.along."""
    orders: dict[str, list[ServiceOrder]] = field(default_factory=lambda: defaultdict(list))
    devices: dict[str, Device | None] = field(default_factory=dict)
    usage: dict[str, Usage] = field(default_factory=dict)
    """What was on the devices of bound services after all were placed."""
    sites: dict[str, Site] = field(default_factory=dict)
    wires: dict[Wire, _Wiring] = field(default_factory=dict)
    """What this round took upon itself to attach."""
    wired: dict[tuple[str, str], Attachment] = field(default_factory=dict)
    """Devices and networks that are known to be attached, and how."""
    unbound: list[Service] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """Services whose device has secrets that cannot be read."""


class ServiceSteps:
    """The conductor's work on services."""

    def __init__(
        self,
        *,
        store: Store,
        placing: Placing,
        wiring: Wiring,
        bus: ServerBus,
        kinds: Mapping[ServiceKind, ServiceKindModel],
        advisors: Mapping[str, PlacementAdvisor],
        secrets: SecretStore,
        removal: ServiceRemoval,
        clock: Clock,
    ) -> None:
        self._store = store
        self._placing = placing
        self._wiring = wiring
        self._bus = bus
        self._kinds = kinds
        self._advisors = advisors
        self._secrets = secrets
        self._removal = removal
        self._clock = clock

    def advance(self) -> int:
        """One round over what is due; returns how many services were."""
        try:
            return self._round(None)
        except StoreFailure:
            raise
        except Exception:  # noqa: BLE001 - found out below whose it is
            _log.exception("a round failed; each service is dealt with alone")
        with self._store.read() as work:
            due = [service.id for service in work.due.services(self._clock.now(), BATCH)]
        deal_with_each(due, self._round, self._defective)
        return len(due)

    def _round(self, service_ids: Sequence[str] | None) -> int:
        """Deal with what is due, of these services only unless that is None."""
        this = _Round()
        with self._store.write() as work:
            due = work.due.services(self._clock.now(), BATCH)
            if service_ids is not None:
                due = [service for service in due if service.id in service_ids]
            if not due:
                return 0
            self._step_all(work, due, this)
            self._place_all(work, this)
            with work.together():
                work.services.save(*this.changed)
            until_recorded = work.begin_commit()
        commands = self._commands(this)
        until_recorded()
        for agent_id, command in commands:
            self._bus.send(agent_id, command)
        if this.unreadable:
            text = "the device's secrets cannot be read; the operator must set them again"
            self._fail_all(this.unreadable, Cause.DEVICE, text)
        for wire, needed in this.wires.items():
            self._wiring.attach(wire, needed.site, needed.cidrs, needed.service_ids)
        self._removal.finish(this.unbound)
        return len(due)

    def _defective(self, service_id: str, defect: Exception) -> None:
        self._fail_all([service_id], Cause.DEFECT, internal_error(defect))

    def _step_all(self, work: UnitOfWork, due: Sequence[Service], this: _Round) -> None:
        of_due = Query(filters={"service_id": tuple(service.id for service in due)})
        found = work.bindings.along.find(of_due)
        to_deploy: defaultdict[ServiceKind, list[Service]] = defaultdict(list)
        for service in due:
            if not service.settled and not service.deleting:
                to_deploy[service.kind].append(service)
                # Of those that were deployed before, only few need it.
                if not service.deployed_revision:
                    self._service_type(work, service, this)
        wanted: dict[str, Wanted] = {}
        for kind, services in to_deploy.items():
            wanted |= self._kinds[kind].wanted(work, services)
        bindings = {binding.service_id: binding for binding in found()}
        for service in due:
            if service.settled:
                this.changed.append(service.due(None))
            elif service.deleting:
                self._let_go(work, service, bindings.get(service.id), this)
            else:
                self._look(work, service, wanted[service.id], bindings.get(service.id), this)

    def _service_type(
        self, work: UnitOfWork, service: Service, this: _Round
    ) -> Callable[[], ServiceType | None]:
        identity = service.service_type_id
        if identity not in this.service_types:
            this.service_types[identity] = work.service_types.along.get(identity)
        return this.service_types[identity]

    def _let_go(
        self, work: UnitOfWork, service: Service, binding: Binding | None, this: _Round
    ) -> None:
        device = self._device(work, binding.device_id, this) if binding is not None else None
        if device is None or device.status is DeviceStatus.SPAWNING:
            this.changed.append(service.due(self._clock.now() + STEP_DEADLINE))
            this.unbound.append(service)
            return
        self._order(service, device, None, this)

    def _look(
        self,
        work: UnitOfWork,
        service: Service,
        wanted: Wanted,
        binding: Binding | None,
        this: _Round,
    ) -> None:
        """Find out whether a service needs another binding."""
        request = None
        if binding is None or self._outgrown(work, binding, wanted.requirements, this):
            service_type = self._service_type(work, service, this)()
            request = request_for(service, service_type, wanted.requirements, binding)
        this.wanted.append(_Wanted(service, wanted.spec, binding, request))

    def _device(self, work: UnitOfWork, device_id: str, this: _Round) -> Device | None:
        if device_id not in this.devices:
            this.devices[device_id] = work.devices.get(device_id)
        return this.devices[device_id]

    def _place_all(self, work: UnitOfWork, this: _Round) -> None:
        """Place what must be placed, all of it together, then deploy."""
        requests = [each.request for each in this.wanted if each.request is not None]
        places = self._placing.place(work, requests) if requests else {}
        found = [places.get(each.service.id, Place(each.binding)) for each in this.wanted]
        self._look_at_devices(work, [each.binding for each in found if each.binding], this)
        for each, place in zip(this.wanted, found, strict=True):
            if place.binding is not None:
                self._deploy(work, each, place.binding, this)
                continue
            text = place.refusal
            if each.service.deployed_revision:
                text += f"; revision {each.service.deployed_revision} keeps serving"
            self._fail(each.service, Cause.PLACEMENT, text, this)

    def _look_at_devices(self, work: UnitOfWork, bindings: Sequence[Binding], this: _Round) -> None:
        """Read what is known of the devices of these bindings, all of it together."""
        used = {binding.device_id for binding in bindings}
        unknown = used.difference(this.devices)
        devices = related_along(work.devices, "id", unknown)
        this.usage = work.ledger.usage(used) if used else {}
        this.devices |= {**dict.fromkeys(unknown), **{each.id: each for each in devices()}}

    def _deploy(self, work: UnitOfWork, each: _Wanted, binding: Binding, this: _Round) -> None:
        service = each.service
        device = this.devices[binding.device_id]
        if device is None:
            text = "the device is gone from the registry"
            self._fail(service, Cause.PLACEMENT, text, this)
            return
        if device.status is DeviceStatus.SPAWNING:
            # The device makes it due as soon as it is ready.
            deadline = self._clock.now() + STEP_DEADLINE
            text = "waits for a device that is being made"
            this.changed.append(service.awaiting(text, deadline))
            return
        if self._is_wired(work, service, device, binding, this):
            attachments = attachments_for(binding, this.wired)
            self._order(service, device, each.spec, this, attachments)

    def _outgrown(
        self, work: UnitOfWork, binding: Binding, needed: Requirements, this: _Round
    ) -> bool:
        """Whether the service asks for more than was claimed, or than its device can do."""
        if not set(needed.networks) <= set(binding.networks):
            return True
        device = self._device(work, binding.device_id, this)
        if device is None:
            return True
        advisor = self._advisors.get(device.driver)
        can = device.capabilities or (advisor.info.capabilities if advisor else None)
        return can is None or bool(can.missing(needed.features))

    def _is_wired(
        self,
        work: UnitOfWork,
        service: Service,
        device: Device,
        binding: Binding,
        this: _Round,
    ) -> bool:
        """Whether the device is attached to all networks of the service. If not, what is missing
        is attached after this unit of work, and the service is due again when that is done."""
        needed = {(device.id, need.network_id) for need in binding.networks}
        if needed <= this.wired.keys():
            return True
        site = self._site(work, device, this)
        if self._wiring.must_wait(site):
            self._await_agent(service, device, this)
            return False
        now, until = self._clock.now(), self._wiring.deadline()
        looks: list[float] = []
        for network in this.usage[device.id].networks:
            place = (network.device_id, network.network_id)
            wire = Wire(*place, network.interface)
            if network.attachment is not None and fits(network, site):
                this.wired[place] = network.attachment
            elif place not in needed:
                continue
            elif wire in this.wires or work.ledger.start_wiring(*place, now, until):
                begun = this.wires.setdefault(wire, _Wiring(site, network.cidrs))
                begun.service_ids.append(service.id)
                looks.append(until)
            else:
                looks.append(now + LOOK_AGAIN)
        if looks:
            this.changed.append(service.due(min(looks)))
        return not looks

    def _site(self, work: UnitOfWork, device: Device, this: _Round) -> Site:
        if device.id not in this.sites:
            this.sites[device.id] = self._wiring.site(work, device)
        return this.sites[device.id]

    def _order(
        self,
        service: Service,
        device: Device,
        spec: Mapping[str, object] | None,
        this: _Round,
        attachments: tuple[Attachment, ...] = (),
    ) -> None:
        if device.agent_id is None or device.releasing:
            self._await_agent(service, device, this)
            return
        this.orders[device.id].append(
            ServiceOrder(
                service_id=service.id,
                kind=service.kind,
                revision=service.desired_revision,
                spec=spec,
                traceparent=service.traceparent,
                attachments=attachments,
            )
        )
        this.changed.append(service.due(self._clock.now() + STEP_DEADLINE))

    def _await_agent(self, service: Service, device: Device, this: _Round) -> None:
        """Whoever gives the device to an agent makes its services due; if nobody can, the device
        is OFFLINE."""
        if device.status is DeviceStatus.OFFLINE:
            self._fail(service, Cause.DEVICE, "the device cannot be reached for now", this)
            return
        this.changed.append(service.due(self._clock.now() + LOOK_AGAIN))

    def _commands(self, this: _Round) -> list[tuple[str, ApplyServices]]:
        """The orders to each device, by the agent that it has."""
        commands = []
        for device_id, orders in this.orders.items():
            device = this.devices[device_id]
            if device is None or device.agent_id is None:
                continue
            try:
                with_secrets = handle(device, self._secrets)
            except UnsealFailure:
                this.unreadable += [order.service_id for order in orders]
            else:
                command = ApplyServices(device=with_secrets, orders=tuple(orders))
                commands.append((device.agent_id, command))
        return commands

    def _fail_all(self, service_ids: list[str], cause: Cause, text: str) -> None:
        with self._store.write(fleet=False) as work:
            for service_id in sorted(service_ids):
                fail(work, service_id, cause, text, self._clock.now())
            work.commit()

    def _fail(self, service: Service, cause: Cause, text: str, this: _Round) -> None:
        this.changed.append(failed(service, cause, text, self._clock.now()))
