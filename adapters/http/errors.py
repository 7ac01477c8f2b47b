"""Errors in Neutron's form: a type, a message and a detail."""

import http
import re
from typing import Any

import falcon
import structlog

from adapters.http.endpoint import encode
from core.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, PierheadError
from core.domain.query import UnknownMarker
from core.ports.dead_letters import BusFailure
from core.ports.network_wirer import WiringFailure
from core.ports.store import StoreFailure

RETRY_AFTER = 5
"""Seconds that clients should wait when the network side, the store or the bus fails."""

_STATUSES: tuple[tuple[type[PierheadError], int], ...] = (
    (InvalidInput, 400),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
)

_TYPES = {404: "HTTPNotFound", 413: "RequestTooLarge"}

log = structlog.get_logger("pierhead.http")


def install(app: falcon.App[Any, Any]) -> None:
    """Have every error answered in this form."""
    app.add_error_handler(Exception, _unexpected)
    app.add_error_handler(PierheadError, _known)
    app.add_error_handler(UnknownMarker, _unknown_marker)
    app.add_error_handler(WiringFailure, _wiring_failure)
    app.add_error_handler(StoreFailure, _store_failure)
    app.add_error_handler(BusFailure, _bus_failure)
    app.add_error_handler(falcon.HTTPError, _http_error)


def status_of(error: PierheadError) -> int:
    """The HTTP status of a known error."""
    return next(code for kind, code in _STATUSES if isinstance(error, kind))


def _answer(response: falcon.Response, status: int, kind: str, message: str) -> None:
    response.status = falcon.code_to_http_status(status)
    response.content_type = falcon.MEDIA_JSON
    response.data = encode({"NeutronError": {"type": kind, "message": message, "detail": ""}})


def _known(
    _: falcon.Request, response: falcon.Response, error: PierheadError, __: dict[str, Any]
) -> None:
    _answer(response, status_of(error), error.code, str(error))


def _unknown_marker(
    _: falcon.Request, response: falcon.Response, __: UnknownMarker, ___: dict[str, Any]
) -> None:
    _answer(response, 400, "InvalidInput", "Invalid input for marker: it names no such object")


def _wiring_failure(
    _: falcon.Request, response: falcon.Response, error: WiringFailure, __: dict[str, Any]
) -> None:
    log.warning("wiring failed", reason=str(error))
    response.set_header("Retry-After", str(RETRY_AFTER))
    _answer(response, 503, "WiringFailure", f"The network side failed: {error}")


def _store_failure(
    _: falcon.Request, response: falcon.Response, error: StoreFailure, __: dict[str, Any]
) -> None:
    # What the database says may name hosts and files, which are nobody's business.
    log.error("store failed", reason=str(error))
    response.set_header("Retry-After", str(RETRY_AFTER))
    _answer(response, 503, "StoreFailure", "The database cannot be used now; try again later")


def _bus_failure(
    _: falcon.Request, response: falcon.Response, error: BusFailure, __: dict[str, Any]
) -> None:
    log.warning("bus failed", reason=str(error))
    response.set_header("Retry-After", str(RETRY_AFTER))
    _answer(response, 503, "BusFailure", "The bus cannot be used now; try again later")


def _http_error(
    _: falcon.Request, response: falcon.Response, error: falcon.HTTPError, __: dict[str, Any]
) -> None:
    status = error.status_code
    if error.headers is not None:
        response.set_headers(error.headers)
    phrase = http.HTTPStatus(status).phrase
    kind = _TYPES.get(status, "HTTP" + re.sub(r"[^A-Za-z]", "", phrase.title()))
    _answer(response, status, kind, error.description or phrase)


def _unexpected(
    request: falcon.Request, response: falcon.Response, _: Exception, __: dict[str, Any]
) -> None:
    log.exception("request failed", method=request.method, path=request.path)
    _answer(
        response,
        500,
        "HTTPInternalServerError",
        "Request Failed: internal server error while processing your request.",
    )
