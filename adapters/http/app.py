"""The WSGI application."""

from collections.abc import Collection as Names
from collections.abc import Sequence

import falcon

from adapters.http import errors
from adapters.http.agent_routes import AgentPools, PoolAgent
from adapters.http.device_routes import DeviceItem
from adapters.http.discovery import Extension, Extensions, Health, Resources, Versions
from adapters.http.documentation import DocsFile, DocsPage, OpenApi
from adapters.http.endpoint import Endpoint, ReadEndpoint, encode
from adapters.http.endpoints import READABLE, endpoints, read_endpoints
from adapters.http.middleware import JsonSuffix, RequestIds, SameOrigin
from adapters.http.openapi import openapi
from adapters.http.operations_routes import DeadLetterItem, DeadLetterReplay, FleetBacklog
from adapters.http.placement_routes import DecisionItem, FleetCapacity, WhatIfs
from adapters.http.pool_routes import PoolMonitor, PoolMonitors, PoolStats
from adapters.http.repetition import Repetition
from adapters.http.routes import Collection, Item, ReadCollection, ReadItem
from adapters.http.schemas.devices import DEVICES
from adapters.http.schemas.foresight import CAPACITY_PATH, WHAT_IF
from adapters.http.schemas.operations import BACKLOG_PATH, DEAD_LETTERS
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
    changeable = endpoints(services, validator)
    schemas = [each.schema for each in changeable]
    _add_resources(app, services, validator, changeable)
    app.add_route("/", Versions())
    app.add_route("/v2.0", Resources((*schemas, *READABLE)))
    app.add_route("/v2.0/extensions", Extensions())
    app.add_route("/v2.0/extensions/{alias}", Extension())
    app.add_route("/healthz", Health())
    app.add_route("/openapi.json", OpenApi(encode(openapi(schemas, READABLE, version))))
    app.add_route("/docs", DocsPage())
    app.add_route("/docs/{name}", DocsFile())
    return app


def _add_resources(
    app: App, services: Services, validator: SchemaValidator, changeable: Sequence[Endpoint]
) -> None:
    repetition = Repetition()

    def add(path: str, resource: object) -> None:
        app.add_route(path, repetition.repeating(resource))

    for endpoint in changeable:
        add(endpoint.schema.path, Collection(endpoint))
        add(f"{endpoint.schema.path}/{{identity}}", _item(endpoint, services))
    for readable in read_endpoints(services):
        add(readable.schema.path, ReadCollection(readable))
        add(f"{readable.schema.path}/{{identity}}", _read_item(readable, services))
    add(WHAT_IF.path, WhatIfs(services.what_if, validator))
    add(CAPACITY_PATH, FleetCapacity(services.capacity))
    add(BACKLOG_PATH, FleetBacklog(services.backlog))
    add(f"{DEAD_LETTERS.path}/{{identity}}/replay", DeadLetterReplay(services.dead_letters))
    # The router wants one name for one place in a path.
    monitors = ASSOCIATION.path.replace("{pool_id}", "{identity}")
    add(monitors, PoolMonitors(services.pools, validator))
    add(f"{monitors}/{{monitor_id}}", PoolMonitor(services.pools))
    add(f"{POOLS.path}/{{identity}}/stats", PoolStats(services.pools))
    add(f"{POOLS.path}/{{identity}}/loadbalancer-agent", PoolAgent(services.lbaas_agents))
    add("/v2.0/agents/{identity}/loadbalancer-pools", AgentPools(services.lbaas_agents))


def _item(endpoint: Endpoint, services: Services) -> Item:
    if endpoint.schema is DEVICES:
        return DeviceItem(endpoint, services.devices)
    return Item(endpoint)


def _read_item(endpoint: ReadEndpoint, services: Services) -> ReadItem:
    if endpoint.schema is DECISIONS:
        return DecisionItem(endpoint, services.decisions)
    if endpoint.schema is DEAD_LETTERS:
        return DeadLetterItem(endpoint, services.dead_letters)
    return ReadItem(endpoint)
