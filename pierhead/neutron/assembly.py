"""Puts our parts together inside a process of Neutron."""

import sys
import threading
import time
from dataclasses import dataclass
from typing import Self

import structlog
from oslo_config import cfg

from adapters.messaging.amqp import BusAddress
from adapters.messaging.sealing import CommandSeal
from adapters.persistence.sql import StoreUnusable, connect_sql_store
from adapters.secrets import FernetSecretStore
from core.domain.errors import NotFound
from core.domain.lifecycle import Status
from core.ports.store import Store, StoreFailure
from core.usecases.caller import Caller
from pierhead.connections import bus_address, command_seal
from pierhead.containers.embedded import Embedded
from pierhead.database import open_secrets
from pierhead.drivers import DriverPlugin, load_drivers
from pierhead.errors import StartupError
from pierhead.neutron.configuration import conductor_place, settings_of
from pierhead.neutron.logs import log_as_neutron
from pierhead.neutron.options import ConductorPlace
from pierhead.settings import Settings

_TRY_EVERY = 2.0
"""Seconds between two attempts to begin while the database is not ready."""

_log = structlog.get_logger("pierhead.neutron")


@dataclass(frozen=True)
class Assembly:
    """All that was configured, checked, with nothing open yet: that is for each process."""

    settings: Settings
    conductor: ConductorPlace
    plugins: dict[str, DriverPlugin]
    address: BusAddress
    seal: CommandSeal
    secrets: FernetSecretStore

    @classmethod
    def of(cls, conf: cfg.ConfigOpts) -> Self:
        """What Neutron's configuration asks for; ends the process with one line when it makes
        no sense."""
        log_as_neutron()
        try:
            settings = settings_of(conf)
            return cls(
                settings=settings,
                conductor=conductor_place(conf),
                plugins=load_drivers(settings.drivers),
                address=bus_address(settings),
                seal=command_seal(settings),
                secrets=open_secrets(settings),
            )
        except StartupError as error:
            sys.exit(f"pierhead: {error}")

    def begin(self) -> Embedded:
        """The parts for a process that answers requests. Raises StoreFailure."""
        container = self._container(conducts=False)
        container.core.first_start().run()
        return container

    def conduct(self) -> None:
        """Begin to conduct in this process, as soon as the database is ready for it."""
        threading.Thread(target=self._conduct, name="pierhead-start", daemon=True).start()

    def _conduct(self) -> None:
        while True:
            try:
                container = self._container(conducts=True)
                container.core.first_start().run()
                container.runtime().start()
            except StoreFailure as failure:
                _log.warning("not conducting yet", reason=str(failure))
                time.sleep(_TRY_EVERY)
            else:
                _log.info("conducting")
                return

    @staticmethod
    def is_living(container: Embedded, vip_id: str) -> bool:
        """Whether there is a VIP that is not being deleted."""
        admin = Caller("", is_admin=True)
        try:
            vip = container.core.vips().show(admin, vip_id)
        except NotFound:
            return False
        return vip.status is not Status.PENDING_DELETE

    def _container(self, *, conducts: bool) -> Embedded:
        return Embedded(
            settings=self.settings,
            plugins=self.plugins,
            store=self._store(),
            secrets=self.secrets,
            address=self.address,
            seal=self.seal,
            conducts=conducts,
        )

    def _store(self) -> Store:
        try:
            return connect_sql_store(self.settings.database_address())
        except StoreUnusable as error:
            raise StoreFailure(f"{error}; run `pierhead db upgrade --neutron-conf`") from error
