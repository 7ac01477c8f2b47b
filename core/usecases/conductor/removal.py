"""Lets go of services that no device runs any more."""

from collections.abc import Mapping, Sequence

from core.domain.service import Cause, Service, ServiceKind
from core.ports.clock import Clock
from core.ports.ipam import Ipam
from core.ports.network_wirer import WiringFailure
from core.ports.service_kind import ServiceKindModel
from core.ports.store import Store
from core.usecases.conductor.failing import fail
from core.usecases.conductor.wiring import Wiring


class ServiceRemoval:
    """The last steps of a deleted service. Each may be repeated after a crash."""

    def __init__(
        self,
        *,
        store: Store,
        ipam: Ipam,
        wiring: Wiring,
        kinds: Mapping[ServiceKind, ServiceKindModel],
        clock: Clock,
    ) -> None:
        self._store = store
        self._ipam = ipam
        self._wiring = wiring
        self._kinds = kinds
        self._clock = clock

    def finish(self, services: Sequence[Service]) -> None:
        """Give back the address, then claims and rows; then detach idle networks.

        The room that becomes free may let services in that found none. Decisions stay: the
        tenant may still ask why.
        """
        in_store = self._ipam.in_store
        gone = [each for each in services if in_store or self._release_address(each)]
        if not gone:
            return
        with self._store.write() as work:
            for service in sorted(gone, key=lambda each: each.id):
                if in_store:
                    self._ipam.release_address(service.id, work)
                self._kinds[service.kind].forget(work, service)
            bound = [each.id for each in gone if work.bindings.get(each.id) is not None]
            work.bindings.release(bound)
            if bound:
                work.due.wake(Cause.PLACEMENT, self._clock.now())
            work.commit()
        self._wiring.detach_idle()

    def _release_address(self, service: Service) -> bool:
        try:
            self._ipam.release_address(service.id)
        except WiringFailure as failure:
            with self._store.write(fleet=False) as work:
                fail(work, service.id, Cause.WIRING, str(failure), self._clock.now())
                work.commit()
            return False
        return True
