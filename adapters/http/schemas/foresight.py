"""What operators ask of the fleet as a whole: what would fit, and how much room there is."""

from adapters.http.attribute import CREATE as SENT
from adapters.http.attribute import Attribute, ResourceSchema
from adapters.http.schemas.common import (
    ANY_INTEGER,
    ANY_STRING,
    CIDR,
    MAX_INTEGER,
    NAME,
    SECONDS,
    list_of,
    map_of,
    nullable,
    one_of,
    record,
)
from adapters.http.schemas.devices import LIMITS
from adapters.http.schemas.placement import GROUP
from core.usecases.placement.capacity_types import By
from core.usecases.placement.what_if_types import (
    MOST_NEW_DEVICES,
    MOST_OWN_NETWORKS,
    MOST_PLACEMENTS,
    Ending,
)

_MOST_NAMED = 1000
_NAMES = list_of(NAME, maxItems=_MOST_NAMED, default=[])
_TERMS = list_of(NAME, maxItems=64)

WHAT_IF = ResourceSchema(
    kind="WhatIf",
    singular="what_if",
    plural="what_ifs",
    path="/v2.0/fleet/what-if",
    text="How many more services would fit, where, and what runs out first. Nothing is stored.",
    attributes=(
        Attribute(
            "service_type",
            nullable(NAME),
            "The services' type, by name or id; left out: the default for load balancers.",
            SENT,
        ),
        Attribute(
            "count",
            {"type": "integer", "minimum": 1, "maximum": MOST_PLACEMENTS, "default": 1},
            "How many services.",
            SENT,
        ),
        Attribute("tenant_id", nullable(NAME), "Whose they are; left out: the caller's.", SENT),
        Attribute(
            "networks",
            list_of(
                {
                    "anyOf": [
                        NAME,
                        {
                            "type": "object",
                            "properties": {"name": NAME, "cidr": CIDR},
                            "required": ["name", "cidr"],
                            "additionalProperties": False,
                        },
                    ]
                },
                maxItems=64,
                default=[],
            ),
            "What all of them need: networks or subnets by name or id, of a network its first "
            "subnet by name; or a network that is not there yet, by a name and its addresses.",
            SENT,
        ),
        Attribute(
            "own_networks",
            {"type": "integer", "minimum": 0, "maximum": MOST_OWN_NETWORKS, "default": 0},
            "How many networks each needs for itself alone. Without these and networks, VLANs "
            "do not count.",
            SENT,
        ),
        Attribute(
            "demand",
            map_of({"type": "integer", "minimum": 0, "maximum": MAX_INTEGER}, default={}),
            "What each takes of a limit, over what the service type says.",
            SENT,
        ),
        Attribute(
            "features",
            {
                "type": "object",
                "properties": dict.fromkeys(
                    ("protocols", "methods", "monitors", "persistences"), _TERMS
                ),
                "additionalProperties": False,
                "default": {},
            },
            "What they use of a device; nothing unless it is named.",
            SENT,
        ),
        Attribute("drain", _NAMES, "Devices, by name or id, that take nothing new.", SENT),
        Attribute("without", _NAMES, "Devices, by name or id, that are not there.", SENT),
        Attribute(
            "add",
            list_of(
                {
                    "type": "object",
                    "properties": {
                        "driver": NAME,
                        "count": {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": MOST_NEW_DEVICES,
                            "default": 1,
                        },
                        "limits": {**LIMITS, "default": {}},
                        "zone": nullable(NAME),
                        "device_pool": nullable(NAME),
                        "project_id": nullable(NAME),
                    },
                    "required": ["driver"],
                    "additionalProperties": False,
                },
                maxItems=64,
                default=[],
            ),
            "Devices that are not there yet: online, with nothing on them.",
            SENT,
        ),
        Attribute(
            "limits",
            map_of(LIMITS, maxProperties=_MOST_NAMED, default={}),
            "Other limits of devices, by name or id.",
            SENT,
        ),
    ),
)

ANSWER = record(
    seen_at=SECONDS,
    fleet_revision=ANY_INTEGER,
    asked=ANY_INTEGER,
    placed=ANY_INTEGER,
    ended=one_of(Ending),
    wirings=ANY_INTEGER,
    devices=list_of(
        record(
            device_id=ANY_STRING, device_name=ANY_STRING, placed=ANY_INTEGER, wirings=ANY_INTEGER
        )
    ),
    first_refusal=nullable(
        record(
            considered=ANY_INTEGER,
            refusals=map_of(ANY_INTEGER),
            short=map_of(ANY_INTEGER),
            runs_out=nullable(ANY_STRING),
            remedy=ANY_STRING,
            remedy_device=nullable(ANY_STRING),
            remedy_devices=ANY_INTEGER,
            groups=list_of(GROUP),
        )
    ),
)

_GROUP_ROOM = record(
    name=nullable(ANY_STRING),
    device_id=nullable(ANY_STRING),
    devices=ANY_INTEGER,
    eligible=ANY_INTEGER,
    resources=map_of(
        record(
            limit=ANY_INTEGER,
            unlimited=ANY_INTEGER,
            claimed=ANY_INTEGER,
            used=ANY_INTEGER,
            left=ANY_INTEGER,
            over=ANY_INTEGER,
        )
    ),
    set_aside=record(devices=ANY_INTEGER, reasons=map_of(ANY_INTEGER), claimed=map_of(ANY_INTEGER)),
)
_FITS = record(vips=nullable(ANY_INTEGER), runs_out=nullable(ANY_STRING), short=map_of(ANY_INTEGER))
CAPACITY_PATH = "/v2.0/fleet/capacity"
CAPACITY = record(
    seen_at=SECONDS,
    fleet_revision=ANY_INTEGER,
    by=one_of(By),
    total=_GROUP_ROOM,
    groups=list_of(_GROUP_ROOM),
    service_types=list_of(
        record(id=ANY_STRING, name=ANY_STRING, devices=ANY_INTEGER, wired=_FITS, own_network=_FITS)
    ),
)
