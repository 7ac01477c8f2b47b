"""The parts of the OpenAPI document that belong to no resource."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.http.schemas.common import ANY_STRING, MAX_INTEGER, list_of, record

Json = dict[str, Any]

_TEXTS = {
    400: "The request is malformed, or names or holds what it must not.",
    403: "The caller may not do this.",
    404: "There is no such object, or none that the caller may know of.",
    409: "It contradicts what is stored.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    500: "The server failed; its log says how.",
    503: "The network side, the database or the bus failed; try again later.",
}


def reference(section: str, name: str) -> Json:
    """A reference to a component."""
    return {"$ref": f"#/components/{section}/{name}"}


def json_content(schema: Mapping[str, Any]) -> Json:
    """JSON of such a form."""
    return {"application/json": {"schema": schema}}


def json_response(text: str, schema: Mapping[str, Any]) -> Json:
    """A response with a JSON body."""
    return {
        "description": text,
        "headers": {name: reference("headers", name) for name in HEADERS},
        "content": json_content(schema),
    }


def error_responses(statuses: Sequence[int]) -> Json:
    """References to the responses with these statuses."""
    return {str(status): reference("responses", f"Error{status}") for status in statuses}


HEADERS: Json = {
    "X-Openstack-Request-Id": {
        "description": "The identity of the request, as in the server's log.",
        "required": True,
        "schema": {"type": "string"},
    },
    "traceparent": {
        "description": "The place of the request in a trace (W3C Trace Context): the one that "
        "it came with, or a new one.",
        "required": True,
        "schema": {"type": "string"},
    },
}

_ERROR = record(NeutronError=record(type=ANY_STRING, message=ANY_STRING, detail=ANY_STRING))
_LINK = record(rel={"type": "string", "enum": ["next", "previous"]}, href=ANY_STRING)

ERRORS: Json = {
    "schemas": {"Error": _ERROR, "Links": list_of(_LINK)},
    "responses": {
        f"Error{status}": json_response(text, reference("schemas", "Error"))
        for status, text in _TEXTS.items()
    },
}

IDENTITY: Json = {
    "ProjectId": {
        "name": "X-Project-Id",
        "in": "header",
        "description": "The caller's project; without project and roles: demo, as an admin.",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
    },
    "Roles": {
        "name": "X-Roles",
        "in": "header",
        "description": "The caller's roles, separated by commas. admin may do everything.",
        "schema": {"type": "string", "pattern": "^[a-z_]+(,[a-z_]+)*$"},
    },
}

PAGING: Json = {
    "Limit": {
        "name": "limit",
        "in": "query",
        "description": "The most objects to show; 0: all.",
        "schema": {"type": "integer", "minimum": 0, "maximum": MAX_INTEGER - 1},
    },
    "Marker": {
        "name": "marker",
        "in": "query",
        "description": "The id of the object after (or before) which the page starts.",
        "schema": {"type": "string"},
    },
    "PageReverse": {
        "name": "page_reverse",
        "in": "query",
        "description": "The page before the marker instead of the one after it.",
        "schema": {"type": "boolean"},
    },
    "SortDir": {
        "name": "sort_dir",
        "in": "query",
        "description": "For each sort_key its direction; left out: asc.",
        "schema": list_of({"type": "string", "enum": ["asc", "desc"]}),
        "explode": True,
    },
}


def other_paths() -> Json:
    """Discovery and health."""
    link = list_of(record(rel=ANY_STRING, href=ANY_STRING))
    extension = record(
        alias=ANY_STRING,
        name=ANY_STRING,
        description=ANY_STRING,
        updated=ANY_STRING,
        links=list_of({"type": "object"}),
    )
    version = record(id=ANY_STRING, status=ANY_STRING, links=link)
    resource = record(name=ANY_STRING, collection=ANY_STRING, links=link)
    return {
        "/": _get("versions", "List versions of the API", record(versions=list_of(version))),
        "/v2.0": _get("resources", "List resources", record(resources=list_of(resource))),
        "/v2.0/extensions": _get(
            "extensions", "List extensions", record(extensions=list_of(extension))
        ),
        "/healthz": _get("health", "Tell whether the server answers", record(status=ANY_STRING)),
    }


def _get(name: str, summary: str, schema: Mapping[str, Any]) -> Json:
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "responses": {"200": json_response("It.", schema), **error_responses((500,))},
        }
    }
