"""Use case: a registry that was never used gets a service type, so that VIPs need not name one."""

from collections.abc import Mapping

from core.domain.device import DriverInfo
from core.domain.service import ServiceKind
from core.domain.service_type import ServiceType
from core.ports.id_source import IdSource
from core.ports.store import Store

NAME = "default"


class FirstStart:
    """Adds the service type ``default`` with every driver that serves load balancers."""

    def __init__(self, *, store: Store, drivers: Mapping[str, DriverInfo], ids: IdSource) -> None:
        self._store = store
        self._drivers = drivers
        self._ids = ids

    def run(self) -> None:
        """Do it once: not when there are types or devices, and so not after an operator's own
        choice to have no such type."""
        kind = ServiceKind.LOADBALANCER
        drivers = tuple(name for name, info in self._drivers.items() if kind in info.kinds)
        with self._store.write() as work:
            if not drivers or work.service_types.count({}) or work.devices.count({}):
                return
            work.service_types.add(
                ServiceType(
                    id=self._ids.new_id(),
                    name=NAME,
                    description="Any device that can",
                    kind=kind,
                    drivers=drivers,
                    default=True,
                )
            )
            work.commit()
