"""The services' newest measurements, in SQL."""

from collections.abc import Mapping

from sqlalchemy import bindparam, delete, select

from adapters.persistence.sql.among import Among
from adapters.persistence.sql.bulk import Changes, Insertion, Removal
from adapters.persistence.sql.chunks import rows_for_all
from adapters.persistence.sql.mapping import json_codec
from adapters.persistence.sql.session import Session
from adapters.persistence.sql.tables import observations as table

_SELECT = select(table.c.service_id, table.c.document).where(Among(table.c.service_id, "ids"))
_INSERT = Insertion([table.c.service_id, table.c.document])
_DELETE_MANY = Removal(table, ["service_id"])
_DELETE = delete(table).where(table.c.service_id == bindparam("service"))
_decode, _encode = json_codec(dict[str, object])


class SqlObservations:
    """Observations, as JSON text."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, observations: Mapping[str, Mapping[str, object]]) -> None:
        if observations:
            changes = Changes(self._session)
            changes.add(_DELETE_MANY, zip(observations, strict=True))
            changes.add(_INSERT, ((one, _encode(told)) for one, told in observations.items()))
            changes.send()

    def of(self, service_ids: list[str]) -> dict[str, Mapping[str, object]]:
        return {
            service_id: _decode(document)
            for service_id, document in rows_for_all(self._session, _SELECT, service_ids)
        }

    def remove(self, service_id: str) -> None:
        self._session.change(_DELETE, {"service": service_id})
