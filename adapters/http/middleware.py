"""What happens to every request before and after its responder."""

import ipaddress
import re
import uuid
from collections.abc import Collection
from urllib.parse import urlsplit

import falcon
import structlog

from adapters.http.trace import TRACEPARENT, trace_of

REQUEST_ID = "X-Openstack-Request-Id"

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(:(?P<port>[0-9]{1,5}))?")
_LAST_PORT = 65535


class RequestIds:
    """Gives each request an identity and a place in a trace, for its log lines, its response
    and what follows from it."""

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        request_id = f"req-{uuid.uuid4()}"
        traceparent = trace_of(request.get_header(TRACEPARENT))
        request.context.traceparent = traceparent
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id, traceparent=traceparent)
        response.set_header(REQUEST_ID, request_id)
        response.set_header(TRACEPARENT, traceparent)


class SameOrigin:
    """Refuses what other web sites make a browser send, as the caller's headers are trusted.

    `hosts` are the names under which the server may be called besides addresses and
    ``localhost``; None: any. A name that someone else's DNS points here is no such name, and
    who gives no name at all may be a device's check, sent here by a tenant.
    """

    def __init__(self, hosts: Collection[str] | None) -> None:
        self._hosts = None if hosts is None else frozenset(name.lower() for name in hosts)

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:  # noqa: ARG002 - falcon
        host = _host(request.get_header("Host"))
        if host is None and self._hosts is not None:
            raise falcon.HTTPBadRequest(description="the header Host is required")
        origin = request.get_header("Origin")
        if origin is not None and _authority(origin) != request.netloc.lower():
            raise falcon.HTTPForbidden(description="requests from other web sites are refused")
        if host is not None and not self._is_ours(host):
            raise falcon.HTTPForbidden(description="the server does not go by this Host")

    def _is_ours(self, host: str) -> bool:
        known = self._hosts
        return known is None or host == "localhost" or host in known or _is_address(host)


class JsonSuffix:
    """Lets older clients append ``.json`` to the paths of the API."""

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:  # noqa: ARG002 - falcon
        if request.path.startswith("/v2.0") and request.path.endswith(".json"):
            request.path = request.path.removesuffix(".json")


def _authority(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _host(header: str | None) -> str | None:
    """The name or address in a Host header, in lower case and without a port."""
    if header is None:
        return None
    parsed = _HOST.fullmatch(header)
    if parsed is None or int(parsed["port"] or 0) > _LAST_PORT:
        raise falcon.HTTPBadRequest(description="the header Host is malformed")
    return parsed["name"].lower().strip("[]")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
