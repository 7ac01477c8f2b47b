"""What operators watch and tidy up: the backlog, and dead letters."""

import falcon

from adapters.http.endpoint import ReadEndpoint, encode
from adapters.http.identity import caller_of
from adapters.http.listing import pairs_of
from adapters.http.routes import ReadItem, check_identity
from adapters.http.schemas.operations import DEAD_LETTERS
from core.domain.errors import InvalidInput
from core.usecases.fleet.backlog import Backlog
from core.usecases.fleet.dead_letters import DeadLetterBox


class FleetBacklog:
    """GET of how much there is to do."""

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        for key, _ in pairs_of(request):
            raise InvalidInput(key, "there is no such parameter")
        response.data = encode({"backlog": self._backlog.show(caller_of(request))})

    on_head = on_get


class DeadLetterItem(ReadItem):
    """GET and DELETE of one dead letter."""

    def __init__(self, endpoint: ReadEndpoint, letters: DeadLetterBox) -> None:
        super().__init__(endpoint)
        self._letters = letters

    def on_delete(self, request: falcon.Request, response: falcon.Response, identity: str) -> None:
        check_identity(DEAD_LETTERS.kind, identity)
        self._letters.delete(caller_of(request), identity)
        response.status = falcon.HTTP_204


class DeadLetterReplay:
    """POST that has a dead letter delivered once more."""

    def __init__(self, letters: DeadLetterBox) -> None:
        self._letters = letters

    def on_post(self, request: falcon.Request, response: falcon.Response, identity: str) -> None:
        check_identity(DEAD_LETTERS.kind, identity)
        self._letters.replay(caller_of(request), identity)
        response.status = falcon.HTTP_204
