"""Assembles the OpenAPI 3.1 document from the schemas that validate requests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.http.attribute import ResourceSchema
from adapters.http.endpoint import MAX_ITEMS
from adapters.http.openapi_operations import (
    OPERATIONS_SCHEMAS,
    dead_letter_removal,
    operations_paths,
)
from adapters.http.openapi_parts import (
    ERRORS,
    HEADERS,
    IDENTITY,
    PAGING,
    error_responses,
    json_content,
    json_response,
    other_paths,
    reference,
)
from adapters.http.openapi_placement import PLACEMENT_SCHEMAS, placement_paths
from adapters.http.schemas.common import list_of
from adapters.http.schemas.operations import DEAD_LETTERS
from adapters.http.schemas.pools import ASSOCIATION, ASSOCIATION_SHOWN, STATISTICS

Json = dict[str, Any]


def openapi(
    changeable: Iterable[ResourceSchema], readable: Iterable[ResourceSchema], version: str
) -> Json:
    """The whole document."""
    paths: Json = {}
    schemas: Json = {}
    tags = []
    for schema, writes in [*((s, True) for s in changeable), *((s, False) for s in readable)]:
        tags.append({"name": schema.plural, "description": schema.text})
        schemas |= _components(schema, writes=writes)
        paths[schema.path] = _collection(schema, writes=writes)
        paths[f"{schema.path}/{{id}}"] = _item(schema, writes=writes)
    schemas["PoolStatistics"] = STATISTICS
    schemas["PoolMonitorAssociation"] = ASSOCIATION_SHOWN
    schemas["PoolMonitorAssociationCreate"] = ASSOCIATION.creation
    paths[f"{DEAD_LETTERS.path}/{{id}}"]["delete"] = dead_letter_removal()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pierhead",
            "version": version,
            "description": "Load balancers for tenants, and the fleet that they run on.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": paths | _pool_paths() | placement_paths() | operations_paths() | other_paths(),
        "components": {
            "schemas": schemas | PLACEMENT_SCHEMAS | OPERATIONS_SCHEMAS | ERRORS["schemas"],
            "responses": ERRORS["responses"],
            "headers": HEADERS,
            "parameters": IDENTITY | PAGING,
        },
    }


def _components(schema: ResourceSchema, *, writes: bool) -> Json:
    found: Json = {schema.kind: schema.response}
    if writes:
        found[f"{schema.kind}Create"] = schema.creation
        found[f"{schema.kind}Update"] = schema.change
    return found


def _operation(schema_tag: str, name: str, summary: str, errors: Sequence[int]) -> Json:
    return {
        "tags": [schema_tag],
        "operationId": name,
        "summary": summary,
        "responses": error_responses(errors),
    }


def _envelope(name: str, content: Mapping[str, Any], **more: Mapping[str, Any]) -> Json:
    return {
        "type": "object",
        "properties": {name: content, **more},
        "required": [name],
        "additionalProperties": False,
    }


def _collection(schema: ResourceSchema, *, writes: bool) -> Json:
    one, several = reference("schemas", schema.kind), schema.plural
    listing = _operation(several, f"list_{several}", f"List {several}", (400, 403, 500, 503))
    listing["parameters"] = [
        *(reference("parameters", name) for name in (*IDENTITY, *PAGING)),
        _names_parameter("fields", "Attributes to show; all when none is named.", schema),
        _names_parameter("sort_key", "Attributes to sort by, in order.", schema, selectable=True),
        *_filters(schema),
    ]
    links = reference("schemas", "Links")
    listing["responses"]["200"] = json_response(
        "A page, or all.",
        _envelope(several, list_of(_partial(schema)), **{f"{several}_links": links}),
    )
    found: Json = {"get": listing}
    if writes:
        new = reference("schemas", f"{schema.kind}Create")
        post = _operation(
            several,
            f"create_{schema.singular}",
            f"Create one {schema.singular}, or several at once, {MAX_ITEMS} at most: all or none",
            (400, 403, 404, 409, 413, 415, 500, 503),
        )
        post["parameters"] = _identity()
        post["requestBody"] = {
            "required": True,
            "content": json_content(
                {
                    "oneOf": [
                        _envelope(schema.singular, new),
                        _envelope(several, list_of(new, minItems=1, maxItems=MAX_ITEMS)),
                    ]
                }
            ),
        }
        post["responses"]["201"] = json_response(
            "What was created, in the form that was sent.",
            {"oneOf": [_envelope(schema.singular, one), _envelope(several, list_of(one))]},
        )
        found["post"] = post
    return found


def _item(schema: ResourceSchema, *, writes: bool) -> Json:
    single, tag = schema.singular, schema.plural
    get = _operation(tag, f"show_{single}", f"Show one {single}", (400, 403, 404, 500, 503))
    get["parameters"] = [
        *_identity(),
        _names_parameter("fields", "Attributes to show; all when none is named.", schema),
        *schema.showing,
    ]
    get["responses"]["200"] = json_response("It.", _envelope(single, _partial(schema)))
    found: Json = {"parameters": [_path_parameter("id")], "get": get}
    if writes:
        put = _operation(
            tag,
            f"update_{single}",
            f"Change one {single}",
            (400, 403, 404, 409, 413, 415, 500, 503),
        )
        put["parameters"] = _identity()
        put["requestBody"] = {
            "required": True,
            "content": json_content(
                _envelope(single, reference("schemas", f"{schema.kind}Update"))
            ),
        }
        put["responses"]["200"] = json_response(
            "It, changed.", _envelope(single, reference("schemas", schema.kind))
        )
        delete = _operation(
            tag, f"delete_{single}", f"Delete one {single}", (400, 403, 404, 409, 500, 503)
        )
        delete["parameters"] = [*_identity(), *schema.removal]
        delete["responses"]["204"] = {
            "description": "It is gone, or will be soon.",
            "headers": reference_headers(),
        }
        found |= {"put": put, "delete": delete}
    return found


def reference_headers() -> Json:
    """The headers that every response has."""
    return {name: reference("headers", name) for name in HEADERS}


def _partial(schema: ResourceSchema) -> Json:
    """One object of which ``fields`` may have chosen some attributes."""
    return {key: value for key, value in schema.response.items() if key != "required"}


def _identity() -> list[Json]:
    return [reference("parameters", name) for name in IDENTITY]


def _path_parameter(name: str) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    }


def _names_parameter(
    name: str, text: str, schema: ResourceSchema, *, selectable: bool = False
) -> Json:
    names = [item.name for item in schema.attributes if item.selectable or not selectable]
    return {
        "name": name,
        "in": "query",
        "description": text,
        "schema": list_of({"type": "string", "enum": names}),
        "explode": True,
    }


def _filters(schema: ResourceSchema) -> list[Json]:
    return [
        {
            "name": item.name,
            "in": "query",
            "description": f"Only those with any of these values. {item.text}",
            "schema": list_of(_filter_schema(item.response)),
            "explode": True,
        }
        for item in schema.attributes
        if item.selectable
    ]


def _filter_schema(shown: Mapping[str, Any]) -> Json:
    kinds = shown["type"]
    found: Json = {"type": kinds if isinstance(kinds, str) else kinds[0]}
    if "enum" in shown:
        found["enum"] = [value for value in shown["enum"] if value is not None]
    return found


def _pool_paths() -> Json:
    monitors = ASSOCIATION.path
    post = _operation(
        "pools",
        "associate_health_monitor",
        "Have a health monitor check a pool's members",
        (400, 403, 404, 409, 413, 415, 500, 503),
    )
    post["parameters"] = [*_identity(), _path_parameter("pool_id")]
    post["requestBody"] = {
        "required": True,
        "content": json_content(
            _envelope("health_monitor", reference("schemas", "PoolMonitorAssociationCreate"))
        ),
    }
    post["responses"]["201"] = json_response(
        "All health monitors of the pool.",
        _envelope("health_monitor", list_of({"type": "string"})),
    )
    both = [_path_parameter("pool_id"), _path_parameter("monitor_id")]
    show = _operation(
        "pools", "show_pool_health_monitor", "Show how it is deployed", (400, 403, 404, 500, 503)
    )
    show["responses"]["200"] = json_response(
        "It.", _envelope("health_monitor", reference("schemas", "PoolMonitorAssociation"))
    )
    delete = _operation(
        "pools",
        "disassociate_health_monitor",
        "Stop checking the pool with it",
        (400, 403, 404, 409, 500, 503),
    )
    delete["responses"]["204"] = {
        "description": "It checks the pool no more.",
        "headers": reference_headers(),
    }
    show["parameters"] = delete["parameters"] = [*_identity(), *both]
    stats = _operation("pools", "pool_stats", "Show a pool's traffic", (400, 403, 404, 500, 503))
    stats["parameters"] = [*_identity(), _path_parameter("pool_id")]
    stats["responses"]["200"] = json_response(
        "Its traffic.", _envelope("stats", reference("schemas", "PoolStatistics"))
    )
    host = _operation(
        "pools", "show_pool_agent", "Show the agent that serves a pool", (400, 403, 404, 500, 503)
    )
    host["parameters"] = [*_identity(), _path_parameter("pool_id")]
    host["responses"]["200"] = json_response(
        "The agent.", _envelope("agent", reference("schemas", "Agent"))
    )
    hosted = _operation(
        "agents",
        "list_agent_pools",
        "List the pools that an agent serves",
        (400, 403, 404, 500, 503),
    )
    hosted["parameters"] = [*_identity(), _path_parameter("agent_id")]
    hosted["responses"]["200"] = json_response(
        "The pools.", _envelope("pools", list_of(reference("schemas", "Pool")))
    )
    return {
        "/v2.0/lb/pools/{pool_id}/loadbalancer-agent": {"get": host},
        "/v2.0/agents/{agent_id}/loadbalancer-pools": {"get": hosted},
        monitors: {"post": post},
        f"{monitors}/{{monitor_id}}": {"get": show, "delete": delete},
        "/v2.0/lb/pools/{pool_id}/stats": {"get": stats},
    }
