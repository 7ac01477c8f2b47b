"""Lets go of services that no device runs any more, and of networks without users."""

from collections.abc import Mapping, Sequence

from core.domain.service import Cause, Service, ServiceKind
from core.ports.clock import Clock
from core.ports.network_wirer import NetworkWirer, WiringFailure
from core.ports.service_kind import ServiceKindModel
from core.ports.store import Store
from core.usecases.conductor.failing import fail


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
        gone = [service for service in services if self._release_address(service)]
        if not gone:
            return
        with self._store.write() as work:
            bound = [service for service in gone if work.bindings.get(service.id) is not None]
            work.bindings.release([service.id for service in bound])
            for service in gone:
                self._kinds[service.kind].forget(work, service)
            if bound:
                work.due.wake(Cause.PLACEMENT, self._clock.now())
            work.commit()
        self.detach_idle()

    def detach_idle(self) -> None:
        """Detach each network that has no user left on its device."""
        with self._store.read() as work:
            idle = work.ledger.idle_networks()
        for network in idle:
            try:
                self._wirer.detach(network.device_id, network.network_id)
            except WiringFailure:
                continue
            with self._store.write() as work:
                work.ledger.close_network(network.device_id, network.network_id)
                work.commit()

    def _release_address(self, service: Service) -> bool:
        try:
            self._wirer.release_address(service.id)
        except WiringFailure as failure:
            with self._store.write() as work:
                fail(work, service, Cause.WIRING, str(failure), self._clock.now())
                work.commit()
            return False
        return True
