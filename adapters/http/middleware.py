"""What happens to every request before and after its responder."""

import uuid
from collections.abc import Collection
from urllib.parse import urlsplit

import falcon
import structlog

REQUEST_ID = "X-Openstack-Request-Id"


class RequestIds:
    """Gives each request an identity, for its log lines and its response."""

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:  # noqa: ARG002 - falcon
        request_id = f"req-{uuid.uuid4()}"
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response.set_header(REQUEST_ID, request_id)


class SameOrigin:
    """Refuses what other web sites make a browser send, as the caller's headers are trusted.

    `hosts` are the names under which the server may be called besides addresses and
    ``localhost``; None: any. A name that someone else's DNS points here is no such name.
    """

    def __init__(self, hosts: Collection[str] | None) -> None:
        self._hosts = None if hosts is None else frozenset(name.lower() for name in hosts)

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:  # noqa: ARG002 - falcon
        origin = request.get_header("Origin")
        if origin is not None and _authority(origin) != request.netloc.lower():
            raise falcon.HTTPForbidden(description="requests from other web sites are refused")
        if self._hosts is not None and not self._is_ours(request.host.lower()):
            raise falcon.HTTPForbidden(description="the server does not go by this Host")

    def _is_ours(self, host: str) -> bool:
        return host == "localhost" or host in (self._hosts or ()) or _is_address(host)


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


def _is_address(host: str) -> bool:
    return ":" in host or (host.count(".") == 3 and host.replace(".", "").isdigit())
