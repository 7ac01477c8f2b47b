"""The OpenAPI document, and a page that shows it without anything from outside."""

from importlib import resources

import falcon

_FILES = {
    "openapi-explorer.min.js": "text/javascript; charset=utf-8",
    "openapi-explorer.LICENSE": "text/plain; charset=utf-8",
    "docs.css": "text/css; charset=utf-8",
}

# The viewer is a web component that styles itself inside its shadow tree.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


class OpenApi:
    """GET /openapi.json."""

    def __init__(self, document: bytes) -> None:
        self._document = document

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:  # noqa: ARG002 - falcon
        response.data = self._document

    on_head = on_get


class DocsPage:
    """GET /docs."""

    def __init__(self) -> None:
        self._page = _packaged("docs.html")

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:  # noqa: ARG002 - falcon
        response.content_type = falcon.MEDIA_HTML
        _protect(response)
        response.data = self._page

    on_head = on_get


class DocsFile:
    """GET of a file that the page needs."""

    def __init__(self) -> None:
        self._contents = {name: _packaged(name) for name in _FILES}

    def on_get(self, request: falcon.Request, response: falcon.Response, name: str) -> None:  # noqa: ARG002 - falcon
        if name not in _FILES:
            raise falcon.HTTPNotFound(description="there is no such file")
        response.content_type = _FILES[name]
        _protect(response)
        response.data = self._contents[name]

    on_head = on_get


def _protect(response: falcon.Response) -> None:
    response.set_header("Content-Security-Policy", _POLICY)
    response.set_header("X-Content-Type-Options", "nosniff")
    response.set_header("Referrer-Policy", "no-referrer")


def _packaged(name: str) -> bytes:
    return resources.files("adapters.http").joinpath("static", name).read_bytes()
