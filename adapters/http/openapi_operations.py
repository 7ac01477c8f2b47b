"""The operations that watch and tidy up, for the OpenAPI document."""

from adapters.http.openapi_parts import (
    HEADERS,
    IDENTITY,
    Json,
    error_responses,
    json_response,
    reference,
)
from adapters.http.schemas.common import record
from adapters.http.schemas.operations import BACKLOG, BACKLOG_PATH, DEAD_LETTERS

OPERATIONS_SCHEMAS: Json = {"Backlog": BACKLOG}


def operations_paths() -> Json:
    """The backlog, and what can be done about dead letters besides looking at them."""
    identity = [reference("parameters", name) for name in IDENTITY]
    return {
        BACKLOG_PATH: {
            "get": {
                "tags": ["agents"],
                "operationId": "show_backlog",
                "summary": "How much there is to do, and who does it",
                "parameters": identity,
                "responses": {
                    "200": json_response("It.", record(backlog=reference("schemas", "Backlog"))),
                    **error_responses((400, 403, 500, 503)),
                },
            }
        },
        f"{DEAD_LETTERS.path}/{{id}}/replay": {
            "post": {
                "tags": [DEAD_LETTERS.plural],
                "operationId": "replay_dead_letter",
                "summary": "Have it delivered once more to where it was given up",
                "parameters": [*identity, _ID],
                "responses": {
                    "204": _nothing("It waits there again."),
                    **error_responses((400, 403, 404, 500, 503)),
                },
            }
        },
    }


def dead_letter_removal() -> Json:
    """The operation that forgets a dead letter."""
    return {
        "tags": [DEAD_LETTERS.plural],
        "operationId": "delete_dead_letter",
        "summary": "Forget it",
        "parameters": [reference("parameters", name) for name in IDENTITY],
        "responses": {
            "204": _nothing("It is gone."),
            **error_responses((400, 403, 404, 500, 503)),
        },
    }


_ID: Json = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def _nothing(text: str) -> Json:
    return {
        "description": text,
        "headers": {name: reference("headers", name) for name in HEADERS},
    }
