"""The operations that ask the fleet as a whole, for the OpenAPI document."""

from adapters.http.openapi_parts import (
    IDENTITY,
    Json,
    error_responses,
    json_content,
    json_response,
    reference,
)
from adapters.http.schemas.common import one_of, record
from adapters.http.schemas.foresight import ANSWER, CAPACITY, CAPACITY_PATH, WHAT_IF
from core.usecases.placement.capacity_types import By

PLACEMENT_SCHEMAS: Json = {
    "WhatIf": WHAT_IF.creation,
    "WhatIfAnswer": ANSWER,
    "Capacity": CAPACITY,
}


def placement_paths() -> Json:
    """What-if and capacity."""
    return {
        WHAT_IF.path: {
            "post": {
                "tags": ["decisions"],
                "operationId": "what_if",
                "summary": WHAT_IF.text,
                "parameters": _identity(),
                "requestBody": {
                    "required": True,
                    "content": json_content(record(what_if=reference("schemas", "WhatIf"))),
                },
                "responses": {
                    "200": json_response(
                        "What it comes to.", record(what_if=reference("schemas", "WhatIfAnswer"))
                    ),
                    **error_responses((400, 403, 404, 413, 415, 500, 503)),
                },
            }
        },
        CAPACITY_PATH: {
            "get": {
                "tags": ["devices"],
                "operationId": "show_capacity",
                "summary": "How much of the fleet is claimed, used and left, and what still fits",
                "parameters": [
                    *_identity(),
                    {
                        "name": "by",
                        "in": "query",
                        "description": "What devices are put together by.",
                        "schema": {**one_of(By), "default": By.DRIVER.value},
                    },
                ],
                "responses": {
                    "200": json_response("It.", record(capacity=reference("schemas", "Capacity"))),
                    **error_responses((400, 403, 404, 500, 503)),
                },
            }
        },
    }


def _identity() -> list[Json]:
    return [reference("parameters", name) for name in IDENTITY]
