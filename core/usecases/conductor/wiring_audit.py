"""Compares what the network side has of our wiring with what is stored, and puts it right."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.domain.binding import Attachment, DeviceNetwork, Usage
from core.domain.device import Device
from core.domain.errors import PierheadError
from core.domain.loadbalancer.model import LoadBalancer
from core.domain.query import Query
from core.domain.service import Cause
from core.domain.wiring import VIRTUAL, Site
from core.ports.clock import Clock
from core.ports.doorbell import Doorbell
from core.ports.ipam import Ipam
from core.ports.network_wirer import NetworkWirer, WiringFailure
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from core.usecases.conductor.wiring import wire_again

Place = tuple[str, str]
"""Device and network."""

_log = logging.getLogger(__name__)


class WiringAudit:
    """Others can delete and change what we made in their system, and a process that dies there
    can leave things that nobody knows of. Where no other system is, there is nothing to do but
    to learn what can be wired."""

    def __init__(
        self, *, store: Store, wirer: NetworkWirer, ipam: Ipam, clock: Clock, doorbell: Doorbell
    ) -> None:
        self._store = store
        self._wirer = wirer
        self._ipam = ipam
        self._clock = clock
        self._doorbell = doorbell
        self._suspects: frozenset[Place] = frozenset()

    def run(self) -> None:
        """One look. What is found is repaired, and told by the log."""
        # What is stored is read first: what is made meanwhile must not look lost.
        with self._store.read() as work:
            usage = work.ledger.usage() if self._wirer.remote else {}
            balancers = () if self._ipam.in_store else work.load_balancers.find(Query())
        try:
            actual = {_place(each): each for each in self._wirer.attachments()}
            reserved = self._ipam.reservations() if balancers else ()
        except WiringFailure as failure:
            _log.warning("the wiring cannot be looked at for now: %s", failure)
            return
        self._learn()
        if self._wirer.remote:
            self._compare(usage, actual)
        owners = {each.owner for each in reserved}
        for balancer in balancers:
            if balancer.id not in owners:
                self._restore_address(balancer)
        self._doorbell.ring()

    def _learn(self) -> None:
        """Note which devices can be wired now."""
        with self._store.read() as work:
            devices = work.devices.find(Query())
        for device in devices:
            refusal = self._wirer.refusal(device.wiring) or ""
            if refusal != device.unwirable:
                self._note(device, refusal)

    def _note(self, seen: Device, refusal: str) -> None:
        with self._store.write() as work:
            device = work.devices.get(seen.id)
            if device is not None and device.wiring == seen.wiring:
                work.devices.save(replace(device, unwirable=refusal))
                if not refusal:
                    work.due.wake(Cause.PLACEMENT, self._clock.now())
            work.commit()

    def _compare(self, usage: Mapping[str, Usage], actual: Mapping[Place, Attachment]) -> None:
        stored = {
            (network.device_id, network.network_id): network
            for each in usage.values()
            for network in each.networks
        }
        for network in stored.values():
            if _differs(network, actual):
                self._wire_again(network)
        self._detach_orphans(actual.keys() - stored.keys())

    def _wire_again(self, seen: DeviceNetwork) -> None:
        device_id, network_id = seen.device_id, seen.network_id
        now = self._clock.now()
        with self._store.write() as work:
            current = _network(work, seen)
            if current is None or current != seen:
                return
            if work.ledger.start_wiring(device_id, network_id, now, now):
                work.ledger.end_wiring(device_id, network_id, None)
            if wire_again(work, device_id, [network_id], now) or seen.attachment is not None:
                _log.warning(
                    "the attachment of device %s to network %s was deleted or changed by "
                    "somebody else, and is made again",
                    device_id,
                    network_id,
                )
            work.commit()

    def _detach_orphans(self, orphans: frozenset[Place] | set[Place]) -> None:
        """Remove what belongs to nothing at the second look: at the first, it may be about to
        be recorded."""
        for device_id, network_id in sorted(orphans & self._suspects):
            with self._store.read() as work:
                device = work.devices.get(device_id)
                known = work.ledger.usage([device_id]).get(device_id, Usage()).networks
            if any(each.network_id == network_id for each in known):
                continue
            _log.warning(
                "an attachment of device %s to network %s belongs to nothing, and is removed",
                device_id,
                network_id,
            )
            wiring = VIRTUAL if device is None else device.wiring
            try:
                site = Site(device_id=device_id, wiring=wiring, host=wiring.host)
                self._wirer.detach(site, network_id)
            except WiringFailure as failure:
                _log.warning("it cannot be removed for now: %s", failure)
        self._suspects = frozenset(orphans)

    def _restore_address(self, seen: LoadBalancer) -> None:
        """Take the address of a VIP again whose port is gone."""
        with self._store.read() as work:
            service = work.services.get(seen.id)
        if service is None or service.deleting:
            return
        try:
            reservation = self._ipam.reserve_address(
                seen.vip_subnet_id, seen.vip_address, seen.id, seen.project_id
            )
        except (PierheadError, WiringFailure) as failure:
            _log.error(
                "VIP %s has lost its address %s and cannot have it again: %s",
                seen.id,
                seen.vip_address,
                failure,
            )
            return
        with self._store.write(fleet=False) as work:
            balancer = work.load_balancers.hold(seen.id)
            service = work.services.hold(seen.id)
            # Of one that is deleted meanwhile, the address may have been released for good.
            kept = None if service is None or service.deleting else balancer
            if kept is not None and kept.vip_port_id != reservation.id:
                _log.warning("the port of VIP %s was deleted, and is made again", seen.id)
                work.load_balancers.save(replace(kept, vip_port_id=reservation.id))
            work.commit()
        if kept is None:
            self._give_back(seen.id)

    def _give_back(self, owner: str) -> None:
        """What was taken for a VIP that is gone by now."""
        try:
            self._ipam.release_address(owner)
        except WiringFailure as failure:
            _log.warning("the address of VIP %s stays taken for now: %s", owner, failure)


def _place(attachment: Attachment) -> Place:
    return attachment.device_id, attachment.network_id


def _differs(network: DeviceNetwork, actual: Mapping[Place, Attachment]) -> bool:
    """Whether what is stored of a network's attachment, on which nobody is at work, is not what
    is there. By what name the device calls its interface is known only to us."""
    if network.wiring_until is not None or not network.users:
        return False
    if network.attachment is None:
        # It was found changed while an order that relied on it was on its way: whoever waited
        # for that may have nothing more to do, and then nobody attaches it.
        return True
    found = actual.get((network.device_id, network.network_id))
    if found is None:
        return True
    return replace(found, interface=network.attachment.interface) != network.attachment


def _network(work: UnitOfWork, seen: DeviceNetwork) -> DeviceNetwork | None:
    usage = work.ledger.usage([seen.device_id]).get(seen.device_id, Usage())
    found: Sequence[DeviceNetwork] = usage.networks
    return next((each for each in found if each.network_id == seen.network_id), None)
