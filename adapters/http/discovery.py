"""Where clients find out what there is: versions, resources, extensions, health."""

from collections.abc import Sequence

import falcon

from adapters.http.attribute import ResourceSchema
from adapters.http.endpoint import encode

UPDATED = "2026-01-01T00:00:00-00:00"

EXTENSIONS = {
    "lbaas": (
        "Load balancing service",
        "VIPs, pools, members and health monitors as in LBaaS v1.",
    ),
    "service-type": (
        "Service types",
        "Attribute service_type of VIPs, and the catalogue behind it.",
    ),
    "fleet": ("Fleet", "Devices, pools of them, drivers, bindings and placement decisions."),
    "pagination": ("Pagination", "limit, marker and page_reverse, with links."),
    "sorting": ("Sorting", "sort_key and sort_dir."),
}


class Versions:
    """GET /: the one version of the API."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        href = f"{request.prefix}/v2.0/"
        version = {"id": "v2.0", "status": "CURRENT", "links": [{"rel": "self", "href": href}]}
        response.data = encode({"versions": [version]})

    on_head = on_get


class Resources:
    """GET /v2.0: the collections."""

    def __init__(self, schemas: Sequence[ResourceSchema]) -> None:
        self._schemas = schemas

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.data = encode(
            {
                "resources": [
                    {
                        "name": schema.singular,
                        "collection": schema.plural,
                        "links": [{"rel": "self", "href": f"{request.prefix}{schema.path}"}],
                    }
                    for schema in self._schemas
                ]
            }
        )

    on_head = on_get


class Extensions:
    """GET /v2.0/extensions, as clients of Neutron ask for them."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:  # noqa: ARG002 - falcon
        response.data = encode({"extensions": [_extension(alias) for alias in EXTENSIONS]})

    on_head = on_get


class Extension:
    """GET of one extension."""

    def on_get(self, request: falcon.Request, response: falcon.Response, alias: str) -> None:  # noqa: ARG002 - falcon
        if alias not in EXTENSIONS:
            raise falcon.HTTPNotFound(description="there is no such extension")
        response.data = encode({"extension": _extension(alias)})

    on_head = on_get


class Health:
    """GET /healthz: the server answers."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:  # noqa: ARG002 - falcon
        response.data = b'{"status":"ok"}'

    on_head = on_get


def _extension(alias: str) -> dict[str, object]:
    name, description = EXTENSIONS[alias]
    return {
        "alias": alias,
        "name": name,
        "description": description,
        "updated": UPDATED,
        "links": [],
    }
