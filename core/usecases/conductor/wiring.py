"""Attaches devices to networks and detaches them; beside the conductor where that takes long."""

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from core.domain.binding import Attachment, Binding, DeviceNetwork, Usage
from core.domain.device import Device
from core.domain.query import Query
from core.domain.service import Cause
from core.domain.wiring import VIRTUAL, Plug, Site, WiringKind
from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.ports.network_wirer import NetworkWirer, WiringFailure
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.failing import fail
from core.usecases.conductor.isolation import internal_error
from core.usecases.conductor.timing import REMOTE_WIRING_LEASE, WIRING_DEADLINE
from core.usecases.lookup import related

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wire:
    """A network that a device is to be attached to, by whoever took that upon himself."""

    device_id: str
    network_id: str
    interface: str


Place = tuple[str, str]
"""Device and network."""


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be done at a place that was begun with."""

    place: Place
    do: Callable[[], None]


class Wiring:
    """Works at once where the wirer is quick. Elsewhere what is to be done waits in a queue that
    any number of threads may serve, and `extend` must be called every few seconds meanwhile;
    what is lost with a process is begun again by the next look at what is stored."""

    def __init__(
        self, *, store: Store, wirer: NetworkWirer, clock: Clock, doorbell: Doorbell
    ) -> None:
        self._store = store
        self._wirer = wirer
        self._clock = clock
        self._doorbell = doorbell
        self._waiting: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._begun: dict[Place, float] = {}
        """By when others may be at what waits here or is being done."""

    @property
    def remote(self) -> bool:
        """See NetworkWirer.remote."""
        return self._wirer.remote

    def deadline(self) -> float:
        """By when what is begun now is done, or given up (seconds since the epoch)."""
        takes = REMOTE_WIRING_LEASE if self.remote else WIRING_DEADLINE
        return self._clock.now() + takes

    def refusal(self, device: Device) -> str:
        """Why the device cannot be wired; empty: it can."""
        return self._wirer.refusal(device.wiring) or ""

    def site(self, work: UnitOfWork, device: Device) -> Site:
        """Where the device is."""
        host = device.wiring.host
        if host is None and device.agent_id is not None and self.remote:
            agent = work.agents.get(device.agent_id)
            host = agent.host if agent is not None else None
        return Site(device_id=device.id, wiring=device.wiring, host=host)

    def must_wait(self, site: Site) -> bool:
        """Whether the device can be wired only when an agent holds it."""
        return self.remote and site.wiring.kind is WiringKind.VIRTUAL and site.host is None

    def unfit(self, work: UnitOfWork, device: Device) -> list[str]:
        """The networks to which the device is attached in a way that no longer serves, because
        it is somewhere else now."""
        if not self.remote:
            return []
        site = self.site(work, device)
        if self.must_wait(site):
            return []
        usage = work.ledger.usage([device.id]).get(device.id, Usage())
        return [
            network.network_id
            for network in usage.networks
            if network.attachment is not None and not fits(network, site)
        ]

    def attach(
        self, wire: Wire, site: Site, cidrs: Sequence[str], service_ids: Sequence[str]
    ) -> None:
        """Attach what was begun; the services that waited for it are due then."""
        place = (wire.device_id, wire.network_id)
        self._do(place, partial(self._attach, wire, site, cidrs, service_ids))

    def detach_idle(self) -> None:
        """Detach each network that has no user left on its device, unless somebody is at it."""
        with self._store.read() as work:
            idle = work.ledger.idle_networks()
        for network in idle:
            if self._begin_detaching(network):
                place = (network.device_id, network.network_id)
                self._do(place, partial(self._detach, network))

    def serve_one(self, timeout: float) -> bool:
        """Do the next thing; False when none came within `timeout` seconds."""
        try:
            job = self._waiting.get(timeout=timeout)
        except queue.Empty:
            return False
        with self._guard:
            is_ours = self._begun.get(job.place, 0.0) > self._clock.now()
        try:
            if is_ours:
                job.do()
        finally:
            with self._guard:
                self._begun.pop(job.place, None)
        self._doorbell.ring()
        return True

    def extend(self) -> None:
        """Keep others from what waits here or is being done, for another while."""
        with self._guard:
            begun = dict(self._begun)
        if not begun:
            return
        until = self.deadline()
        with self._store.write() as work:
            extended = [
                place
                for place, ends in begun.items()
                # As of then it is nobody's any more, unless somebody else took it.
                if work.ledger.start_wiring(*place, ends, until)
            ]
            work.commit()
        with self._guard:
            self._begun |= {place: until for place in extended if place in self._begun}

    def _do(self, place: Place, what: Callable[[], None]) -> None:
        if not self.remote:
            what()
            return
        with self._guard:
            self._begun[place] = self.deadline()
        self._waiting.put(_Job(place, what))

    def _attach(
        self, wire: Wire, site: Site, cidrs: Sequence[str], service_ids: Sequence[str]
    ) -> None:
        device_id, network_id = wire.device_id, wire.network_id
        attachment: Attachment | None = None
        cause, text = Cause.WIRING, ""
        try:
            attachment = self._wirer.attach(site, network_id, wire.interface, cidrs)
        except WiringFailure as failure:
            text = str(failure)
        except Exception as defect:  # noqa: BLE001 - one wirer's defect must not stop the others
            _log.exception("device %s: network %s cannot be attached", device_id, network_id)
            cause, text = Cause.DEFECT, internal_error(defect)
        with self._store.write() as work:
            stands = _end(work, device_id, network_id, attachment)
            for service_id in sorted(service_ids):
                if attachment is None:
                    fail(work, service_id, cause, text, self._clock.now())
                else:
                    _make_due(work, service_id, self._clock.now())
            work.commit()
        if not stands and attachment is not None:
            # The device left the registry meanwhile.
            self._wirer.detach(site, network_id)

    def _begin_detaching(self, network: DeviceNetwork) -> bool:
        now = self._clock.now()
        if network.is_being_wired(now):
            return False
        place = (network.device_id, network.network_id)
        with self._store.write() as work:
            usage = work.ledger.usage([network.device_id]).get(network.device_id, Usage())
            still = any(
                each.network_id == network.network_id for each in usage.networks if not each.users
            )
            begun = still and work.ledger.start_wiring(*place, now, self.deadline())
            work.commit()
        return begun

    def _detach(self, network: DeviceNetwork) -> None:
        with self._store.read() as work:
            device = work.devices.get(network.device_id)
            if device is None:
                site = Site(device_id=network.device_id, wiring=VIRTUAL, host=None)
            else:
                site = self.site(work, device)
        left: Attachment | None = None
        try:
            self._wirer.detach(site, network.network_id)
        except WiringFailure as failure:
            _log.warning(
                "device %s stays attached to network %s for now: %s",
                network.device_id,
                network.network_id,
                failure,
            )
            left = network.attachment
        with self._store.write() as work:
            _end(work, network.device_id, network.network_id, left)
            work.commit()


def fits(network: DeviceNetwork, site: Site) -> bool:
    """Whether a device that is there can rely on a network's attachment."""
    attachment = network.attachment
    return (
        attachment is not None
        # Whoever was at it and did not finish in time may have changed or detached it.
        and network.wiring_until is None
        and attachment.serves(network.cidrs)
        and attachment.host in (None, site.host)
    )


def attachments_for(
    binding: Binding, wired: Mapping[tuple[str, str], Attachment]
) -> tuple[Attachment, ...]:
    """What the driver must know of a service's networks; `wired` by device and network. Of one
    that the device is on anyway there is nothing to know."""
    found = [wired[binding.device_id, need.network_id] for need in binding.networks]
    return tuple(each for each in found if each.plug is not Plug.NONE)


def wire_again(
    work: UnitOfWork, device_id: str, network_ids: Sequence[str], now: float
) -> list[str]:
    """Have the settled services that use these networks of a device deployed anew, which wires
    what is not wired; their ids."""
    if not network_ids:
        return []
    bound = work.bindings.find(Query(filters={"device_id": (device_id,)}))
    users = [
        binding.service_id
        for binding in bound
        if any(need.network_id in network_ids for need in binding.networks)
    ]
    touched = []
    for identity in sorted(each.id for each in related(work.services, "id", users)):
        service = work.services.hold(identity)
        if service is not None and service.settled and not service.deleting:
            work.services.save(service.changed(now))
            touched.append(identity)
    return touched


def _end(work: UnitOfWork, device_id: str, network_id: str, attachment: Attachment | None) -> bool:
    """Record how a network is wired now; False when it stands on the device no more."""
    try:
        work.ledger.end_wiring(device_id, network_id, attachment)
    except LookupError:
        return False
    return True


def _make_due(work: UnitOfWork, service_id: str, now: float) -> None:
    service = work.services.hold(service_id)
    if service is not None:
        work.services.save(service.due(now))
