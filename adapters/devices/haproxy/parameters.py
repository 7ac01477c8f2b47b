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


Schema = Mapping[str, Any]

SCHEMA: Schema = {
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


_BRIDGE_NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$(?!\n)"

NAMESPACE_SCHEMA: Schema = {
    **SCHEMA,
    "title": "A HAProxy process on the agent's host, in tenants' networks",
    "properties": {
        **SCHEMA["properties"],
        "integration_bridge": {
            "x-admin-only": True,
            "type": "string",
            "pattern": _BRIDGE_NAME,
            "default": "br-int",
            "description": (
                "The Open vSwitch bridge that a port is plugged into, where the network side "
                "looks for it."
            ),
        },
        "data_bridge": {
            "x-admin-only": True,
            "type": ["string", "null"],
            "pattern": _BRIDGE_NAME,
            "default": None,
            "description": (
                "The Open vSwitch bridge that carries networks under their VLANs. Devices on a "
                "trunk and physical ones need it; others do without."
            ),
        },
        "ovsdb": {
            "x-admin-only": True,
            "type": ["string", "null"],
            "pattern": r"^unix:/[A-Za-z0-9_./-]{1,100}$(?!\n)",
            "default": None,
            "description": (
                "Where Open vSwitch's database listens, such as "
                '"unix:/run/openvswitch/db.sock". Null: where `ovs-vsctl` looks by itself.'
            ),
        },
    },
}
"""That of devices whose every network is a network namespace."""


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
    integration_bridge: str
    data_bridge: str | None
    ovsdb: str | None


def read_parameters(given: Mapping[str, object], schema: Schema = SCHEMA) -> Parameters:
    """Check `given` against the schema. Raises DeviceFailure that names the parameter."""
    error = next(_validator(schema["title"]).iter_errors(dict(given)), None)
    if error is not None:
        where = ".".join(str(step) for step in error.absolute_path) or "parameters"
        raise DeviceFailure(f"{where}: {error.message}")
    known = NAMESPACE_SCHEMA["properties"].items()
    defaults = {name: entry["default"] for name, entry in known}
    return Parameters(**{**defaults, **given})


@cache
def _validator(title: str) -> Any:
    import jsonschema  # noqa: PLC0415 - the scheduler reads the schema and never checks with it

    schemas = {each["title"]: each for each in (SCHEMA, NAMESPACE_SCHEMA)}
    return jsonschema.Draft202012Validator(schemas[title])
