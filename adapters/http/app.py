"""The WSGI application."""

from collections.abc import Collection as Names

import falcon

from adapters.http import errors
from adapters.http.agent_routes import AgentPools, PoolAgent
from adapters.http.device_routes import DeviceItem
from adapters.http.discovery import Extension, Extensions, Health, Resources, Versions
from adapters.http.documentation import DocsFile, DocsPage, OpenApi
from adapters.http.endpoint import encode
from adapters.http.endpoints import CHANGEABLE, READABLE, endpoints, read_endpoints
from adapters.http.middleware import JsonSuffix, RequestIds, SameOrigin
from adapters.http.openapi import openapi
from adapters.http.placement_routes import DecisionItem, FleetCapacity, WhatIfs
from adapters.http.pool_routes import PoolMonitor, PoolMonitors, PoolStats
from adapters.http.routes import Collection, Item, ReadCollection, ReadItem
from adapters.http.schemas.devices import DEVICES
from adapters.http.schemas.foresight import CAPACITY_PATH, WHAT_IF
from adapters.http.schemas.placement import DECISIONS
from adapters.http.schemas.pools import ASSOCIATION, POOLS
from adapters.http.services import Services
from core.ports.schema_validator import SchemaValidator

App = falcon.App[falcon.Request, falcon.Response]


def build_app(
    services: Services,
    validator: SchemaValidator,
    *,
    version: str = "0",
    hosts: Names[str] | None = None,
) -> App:
    """The API of all `services`.

    `hosts` are the names by which the server may be called besides its addresses and
    ``localhost``; None: any (see SameOrigin).
    """
    app: App = falcon.App(
        middleware=[RequestIds(), SameOrigin(hosts), JsonSuffix()],
    )
    app.req_options.strip_url_path_trailing_slash = True
    errors.install(app)
    _add_resources(app, services, validator)
    app.add_route("/", Versions())
    app.add_route("/v2.0", Resources((*CHANGEABLE, *READABLE)))
    app.add_route("/v2.0/extensions", Extensions())
    app.add_route("/v2.0/extensions/{alias}", Extension())
    app.add_route("/healthz", Health())
    app.add_route("/openapi.json", OpenApi(encode(openapi(CHANGEABLE, READABLE, version))))
    app.add_route("/docs", DocsPage())
    app.add_route("/docs/{name}", DocsFile())
    return app


def _add_resources(app: App, services: Services, validator: SchemaValidator) -> None:
    for endpoint in endpoints(services, validator):
        app.add_route(endpoint.schema.path, Collection(endpoint))
        is_device = endpoint.schema is DEVICES
        item = DeviceItem(endpoint, services.devices) if is_device else Item(endpoint)
        app.add_route(f"{endpoint.schema.path}/{{identity}}", item)
    for readable in read_endpoints(services):
        app.add_route(readable.schema.path, ReadCollection(readable))
        is_decision = readable.schema is DECISIONS
        one = DecisionItem(readable, services.decisions) if is_decision else ReadItem(readable)
        app.add_route(f"{readable.schema.path}/{{identity}}", one)
    app.add_route(WHAT_IF.path, WhatIfs(services.what_if, validator))
    app.add_route(CAPACITY_PATH, FleetCapacity(services.capacity))
    # The router wants one name for one place in a path.
    monitors = ASSOCIATION.path.replace("{pool_id}", "{identity}")
    app.add_route(monitors, PoolMonitors(services.pools, validator))
    app.add_route(f"{monitors}/{{monitor_id}}", PoolMonitor(services.pools))
    app.add_route(f"{POOLS.path}/{{identity}}/stats", PoolStats(services.pools))
    app.add_route(f"{POOLS.path}/{{identity}}/loadbalancer-agent", PoolAgent(services.lbaas_agents))
    app.add_route("/v2.0/agents/{identity}/loadbalancer-pools", AgentPools(services.lbaas_agents))
