"""Lets go of services that no device runs any more, and of networks without users."""

import logging
from collections.abc import Mapping, Sequence

from core.domain.binding import Attachment, DeviceNetwork, Usage
from core.domain.service import Cause, Service, ServiceKind
from core.ports.clock import Clock
from core.ports.network_wirer import NetworkWirer, WiringFailure
from core.ports.service_kind import ServiceKindModel
from core.ports.store import Store
from core.usecases.conductor.failing import fail
from core.usecases.conductor.timing import WIRING_DEADLINE

_log = logging.getLogger(__name__)


class ServiceRemoval:
    """The last steps of a deleted service. Each may be repeated after a crash."""

    def __init__(
        self,
        *,
        store: Store,
        wirer: NetworkWirer,
        kinds: Mapping[ServiceKind, ServiceKindModel],
        clock: Clock,
    ) -> None:
        self._store = store
        self._wirer = wirer
        self._kinds = kinds
        self._clock = clock

    def finish(self, services: Sequence[Service]) -> None:
        """Give back the address, then claims and rows; then detach idle networks.

        The room that becomes free may let services in that found none. Decisions stay: the
        tenant may still ask why.
        """
        in_store = self._wirer.in_store
        gone = [each for each in services if in_store or self._release_address(each)]
        if not gone:
            return
        with self._store.write() as work:
            for service in sorted(gone, key=lambda each: each.id):
                if in_store:
                    self._wirer.release_address(service.id, work)
                self._kinds[service.kind].forget(work, service)
            bound = [each.id for each in gone if work.bindings.get(each.id) is not None]
            work.bindings.release(bound)
            if bound:
                work.due.wake(Cause.PLACEMENT, self._clock.now())
            work.commit()
        self.detach_idle()

    def detach_idle(self) -> None:
        """Detach each network that has no user left on its device, unless another conductor is
        at it."""
        with self._store.read() as work:
            idle = work.ledger.idle_networks()
        for network in idle:
            if self._begin(network):
                self._detach(network)

    def _begin(self, network: DeviceNetwork) -> bool:
        now = self._clock.now()
        if network.is_being_wired(now):
            return False
        place = (network.device_id, network.network_id)
        with self._store.write() as work:
            usage = work.ledger.usage([network.device_id]).get(network.device_id, Usage())
            still = any(
                each.network_id == network.network_id for each in usage.networks if not each.users
            )
            begun = still and work.ledger.start_wiring(*place, now, now + WIRING_DEADLINE)
            work.commit()
        return begun

    def _detach(self, network: DeviceNetwork) -> None:
        left: Attachment | None = None
        try:
            self._wirer.detach(network.device_id, network.network_id)
        except WiringFailure as failure:
            _log.warning(
                "device %s stays attached to network %s for now: %s",
                network.device_id,
                network.network_id,
                failure,
            )
            left = network.attachment
        with self._store.write() as work:
            work.ledger.end_wiring(network.device_id, network.network_id, left)
            work.commit()

    def _release_address(self, service: Service) -> bool:
        try:
            self._wirer.release_address(service.id)
        except WiringFailure as failure:
            with self._store.write(fleet=False) as work:
                fail(work, service.id, Cause.WIRING, str(failure), self._clock.now())
                work.commit()
            return False
        return True
