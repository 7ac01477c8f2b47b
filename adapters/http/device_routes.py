"""What only devices can: be given up."""

import falcon

from adapters.http.endpoint import Endpoint
from adapters.http.identity import caller_of
from adapters.http.listing import pairs_of
from adapters.http.routes import Item, check_identity
from core.domain.errors import InvalidInput
from core.usecases.fleet.devices import Devices

_YES_OR_NO = {"true": True, "false": False}


class DeviceItem(Item):
    """GET, PUT and DELETE of one device; DELETE may be forced."""

    def __init__(self, endpoint: Endpoint, devices: Devices) -> None:
        super().__init__(endpoint)
        self._devices = devices

    def on_delete(self, request: falcon.Request, response: falcon.Response, identity: str) -> None:
        check_identity(self._endpoint.schema.kind, identity)
        caller = caller_of(request)
        if _forced(request):
            self._devices.give_up(caller, identity)
        else:
            self._devices.delete(caller, identity)
        response.status = falcon.HTTP_204


def _forced(request: falcon.Request) -> bool:
    forced = False
    for name, value in pairs_of(request):
        if name != "force":
            raise InvalidInput(name, "there is no such parameter")
        if value.lower() not in _YES_OR_NO:
            raise InvalidInput(name, "must be true or false")
        forced = _YES_OR_NO[value.lower()]
    return forced
