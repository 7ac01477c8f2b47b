"""Elastic pools of devices."""

from adapters.http.attribute import (
    CREATE,
    CREATE_AND_UPDATE,
    REQUIRED,
    Attribute,
    ResourceSchema,
)
from adapters.http.schemas.common import (
    ANY_INTEGER,
    ANY_STRING,
    FALSE_BY_DEFAULT,
    ID,
    LINE,
    MAX_INTEGER,
    NAME,
    SECONDS,
    TEXT,
    map_of,
    nullable,
    record,
)
from adapters.http.schemas.devices import ANY_OBJECT, LIMITS

_MAX_NAME = 200
"""Names of devices are made of their pool's, and something has to fit behind it."""

COUNT = {"type": "integer", "minimum": 0, "maximum": MAX_INTEGER}

DEVICE_POOLS = ResourceSchema(
    kind="DevicePool",
    singular="device_pool",
    plural="device_pools",
    path="/v2.0/fleet/device-pools",
    text="Pools that make devices when they are needed, and take them away again.",
    attributes=(
        ID,
        Attribute(
            "name",
            {**NAME, "maxLength": _MAX_NAME},
            "Unique. Devices whose device_pool it is belong to the pool.",
            REQUIRED,
            shown=ANY_STRING,
        ),
        Attribute("description", TEXT, "Text for people.", CREATE_AND_UPDATE),
        Attribute(
            "driver", NAME, "The driver that makes and reaches them.", REQUIRED, shown=ANY_STRING
        ),
        Attribute(
            "minimum", {**COUNT, "default": 0}, "Devices that always are.", CREATE_AND_UPDATE
        ),
        Attribute(
            "maximum",
            {**COUNT, "default": 10},
            "Devices that there are at most.",
            CREATE_AND_UPDATE,
        ),
        Attribute(
            "spare",
            {**COUNT, "default": 0},
            "Devices that are kept ready without any service.",
            CREATE_AND_UPDATE,
        ),
        Attribute(
            "idle_seconds",
            {**SECONDS, "maximum": MAX_INTEGER, "default": 300.0},
            "How long a device may be without services before it goes.",
            CREATE_AND_UPDATE,
        ),
        Attribute(
            "private",
            FALSE_BY_DEFAULT,
            "Whether each device is made for one tenant, whose own it is; minimum and spare are 0.",
            CREATE,
        ),
        Attribute(
            "parameters",
            {"type": "object", "default": {}},
            "The driver's document with which every device starts. As for a device, a change "
            "replaces it, and secrets are never shown.",
            CREATE_AND_UPDATE,
            shown=ANY_OBJECT,
        ),
        Attribute("limits", {**LIMITS, "default": {}}, "Limits of its devices.", CREATE_AND_UPDATE),
        Attribute("zone", nullable(NAME), "Where its devices stand.", CREATE_AND_UPDATE),
        Attribute(
            "labels",
            map_of(LINE, maxProperties=64, default={}),
            "Names and values that its devices get.",
            CREATE_AND_UPDATE,
        ),
        Attribute(
            "status_reason",
            ANY_STRING,
            "Why the last device could not be made; empty when all is well.",
        ),
        Attribute(
            "grow_after",
            {"type": ["number", "null"]},
            "When the next is tried after a failure, in seconds since the epoch.",
        ),
        Attribute(
            "usage",
            record(
                devices=ANY_INTEGER,
                ready=ANY_INTEGER,
                spawning=ANY_INTEGER,
                idle=ANY_INTEGER,
                services=ANY_INTEGER,
            ),
            "Its devices: all, those that answer, those being made, those that answer and have "
            "no service; and the services on them.",
        ),
    ),
)
