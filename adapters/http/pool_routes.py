"""What hangs on a pool: its health monitors and its statistics."""

import falcon

from adapters.http.attribute import Use
from adapters.http.body import read_object
from adapters.http.endpoint import checked, encode
from adapters.http.identity import caller_of
from adapters.http.routes import check_identity
from adapters.http.schemas.pools import ASSOCIATION
from core.domain.errors import InvalidInput
from core.ports.schema_validator import SchemaValidator
from core.usecases.loadbalancing.pools import Pools


class PoolMonitors:
    """POST of a health monitor's identity to a pool."""

    def __init__(self, pools: Pools, validator: SchemaValidator) -> None:
        self._pools = pools
        self._validator = validator

    def on_post(self, request: falcon.Request, response: falcon.Response, identity: str) -> None:
        caller = caller_of(request)
        check_identity("Pool", identity)
        body = read_object(request)
        name = ASSOCIATION.singular
        if list(body) != [name]:
            raise InvalidInput("body", f"must have exactly one member, {name}")
        document = checked(self._validator, ASSOCIATION, Use.CREATE, body[name], name)
        monitors = self._pools.associate_monitor(caller, identity, document["id"])
        response.status = falcon.HTTP_201
        response.data = encode({name: monitors})


class PoolMonitor:
    """GET and DELETE of a pool's use of a health monitor."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools

    def on_get(
        self, request: falcon.Request, response: falcon.Response, identity: str, monitor_id: str
    ) -> None:
        _check(identity, monitor_id)
        view = self._pools.show_association(caller_of(request), identity, monitor_id)
        response.data = encode({ASSOCIATION.singular: view})

    on_head = on_get

    def on_delete(
        self, request: falcon.Request, response: falcon.Response, identity: str, monitor_id: str
    ) -> None:
        _check(identity, monitor_id)
        self._pools.disassociate_monitor(caller_of(request), identity, monitor_id)
        response.status = falcon.HTTP_204


class PoolStats:
    """GET of a pool's statistics."""

    def __init__(self, pools: Pools) -> None:
        self._pools = pools

    def on_get(self, request: falcon.Request, response: falcon.Response, identity: str) -> None:
        check_identity("Pool", identity)
        response.data = encode({"stats": self._pools.statistics(caller_of(request), identity)})

    on_head = on_get


def _check(pool_id: str, monitor_id: str) -> None:
    check_identity("Pool", pool_id)
    check_identity(ASSOCIATION.kind, monitor_id)
