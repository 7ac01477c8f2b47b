"""The parameters of a HAProxy device: their schema, and reading them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.ports.device_driver import DeviceFailure


def _seconds(description: str, default: int, **marks: object) -> dict[str, object]:
    return {
        **marks,
        "type": "integer",
        "minimum": 1,
        "maximum": 86_400,
        "default": default,
        "description": f"{description}, in seconds.",
    }


SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A HAProxy process on the agent's host",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "binary": {
            "x-admin-only": True,
            "type": ["string", "null"],
            "pattern": "^/",
            "default": None,
            "description": (
                "Absolute path of the HAProxy program to run, version 2.8 or newer. It runs "
                "with the agent's rights, so only administrators may set it. Null: `haproxy` "
                "on PATH, else the one that came with Pierhead."
            ),
        },
        "threads": {
            "x-admin-only": True,
            "type": "integer",
            "minimum": 1,
            "maximum": 64,
            "default": 2,
            "description": "Number of threads that carry traffic.",
        },
        "max_connections": {
            "x-admin-only": True,
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": 10_000_000,
            "default": None,
            "description": (
                "Most connections of clients at one time, over all load balancers. Null, or "
                "more than the limit on open files allows: as many as that limit allows."
            ),
        },
        "drain_timeout_seconds": _seconds(
            "How long connections made before a reload may go on after it",
            300,
            **{"x-admin-only": True},
        ),
        "client_timeout_seconds": _seconds("Longest silence of a client", 50),
        "server_timeout_seconds": _seconds("Longest silence of a member", 50),
        "connect_timeout_seconds": _seconds("Longest wait for a connection to a member", 5),
        "keep_alive_timeout_seconds": _seconds(
            "How long an HTTP connection may idle between two requests", 15
        ),
        "persistence_timeout_seconds": _seconds(
            "How long a SOURCE_IP or APP_COOKIE persistence is kept without use", 3600
        ),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of one device, defaults filled in. The schema says what they mean."""

    binary: str | None
    threads: int
    max_connections: int | None
    drain_timeout_seconds: int
    client_timeout_seconds: int
    server_timeout_seconds: int
    connect_timeout_seconds: int
    keep_alive_timeout_seconds: int
    persistence_timeout_seconds: int


def read_parameters(given: Mapping[str, object]) -> Parameters:
    """Check `given` against the schema. Raises DeviceFailure that names the parameter."""
    error = next(_validator().iter_errors(dict(given)), None)
    if error is not None:
        where = ".".join(str(step) for step in error.absolute_path) or "parameters"
        raise DeviceFailure(f"{where}: {error.message}")
    defaults = {name: entry["default"] for name, entry in SCHEMA["properties"].items()}
    return Parameters(**{**defaults, **given})


@cache
def _validator() -> Any:
    import jsonschema  # noqa: PLC0415 - the scheduler reads the schema and never checks with it

    return jsonschema.Draft202012Validator(SCHEMA)
