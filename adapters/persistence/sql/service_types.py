"""The service types, in SQL."""

from adapters.persistence.misuse import BrokenReference
from adapters.persistence.sql.records import SERVICE_TYPES, SERVICES
from adapters.persistence.sql.repository import SqlRepository
from adapters.persistence.sql.selection import count_rows
from adapters.persistence.sql.session import Session
from core.domain.service_type import ServiceType


class SqlServiceTypes(SqlRepository[ServiceType]):
    """The service types, of which none goes that a service has.

    Units that add a service hold its type shared, so that it is certain once the type is held
    alone. A foreign key would have every change of a service pay for what one case needs.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session, SERVICE_TYPES)
        self._session = session

    def remove(self, *identities: str) -> None:
        for identity in sorted(identities):
            self.hold(identity)
        if count_rows(self._session, SERVICES, {"service_type_id": identities}):
            raise BrokenReference("a service has this service type")
        super().remove(*identities)
