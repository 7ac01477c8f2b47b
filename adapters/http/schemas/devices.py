"""Drivers and devices."""

from adapters.http.attribute import (
    CREATE_AND_UPDATE,
    REQUIRED,
    REQUIRED_AND_UPDATE,
    Attribute,
    ResourceSchema,
)
from adapters.http.schemas.common import (
    ANY_INTEGER,
    ANY_STRING,
    BOOLEAN,
    ID,
    LINE,
    MAX_INTEGER,
    NAME,
    SECONDS,
    UUID,
    list_of,
    map_of,
    nullable,
    one_of,
    record,
)
from core.domain.device import AdminState, DeviceStatus
from core.domain.wiring import WiringKind
from core.usecases.fleet.device_types import DEFAULT_GROUP

CAPABILITIES = record(
    protocols=list_of(ANY_STRING),
    methods=list_of(ANY_STRING),
    monitors=list_of(ANY_STRING),
    persistences=list_of(ANY_STRING),
)
LIMIT = {"type": ["integer", "null"], "minimum": 0, "maximum": MAX_INTEGER}
LIMITS = map_of(LIMIT, maxProperties=64)
ANY_OBJECT = {"type": "object"}
WIRING = {
    "type": "object",
    "properties": {
        "kind": one_of(WiringKind),
        "host": nullable(NAME),
        "trunk_id": nullable(UUID),
    },
    "required": ["kind"],
    "additionalProperties": False,
}

DRIVERS = ResourceSchema(
    kind="Driver",
    singular="driver",
    plural="drivers",
    path="/v2.0/fleet/drivers",
    text="The drivers that are installed.",
    attributes=(
        Attribute("id", ANY_STRING, "The same as name."),
        Attribute("name", ANY_STRING, "What devices and service types call it."),
        Attribute("description", ANY_STRING, "Text for people."),
        Attribute("kinds", list_of(ANY_STRING), "Kinds of service that it provides."),
        Attribute("schema", ANY_OBJECT, "JSON Schema of its devices' parameters."),
        Attribute("capabilities", CAPABILITIES, "The most that its devices can do."),
        Attribute("limits", map_of(LIMIT), "Limits of a device that has none of its own."),
        Attribute("versions", list_of(ANY_STRING), "Prefixes of device versions; empty: any."),
        Attribute(
            "isolates_overlapping",
            BOOLEAN,
            "Whether a device keeps networks with overlapping addresses apart.",
        ),
        Attribute("physical", BOOLEAN, "Whether its devices are appliances."),
        Attribute(
            "advisor",
            record(advises=BOOLEAN, failing_since=nullable(SECONDS), failure=ANY_STRING),
            "Whether it has a say in placement, since when that fails (seconds since the epoch, "
            "UTC; null: it does not), and how it failed last.",
        ),
    ),
)

DEVICES = ResourceSchema(
    kind="Device",
    singular="device",
    plural="devices",
    path="/v2.0/fleet/devices",
    text="Appliances and instances that services are placed on.",
    aliases={"tenant_id": "project_id"},
    removal=(
        {
            "name": "force",
            "in": "query",
            "description": "Give up a device that is lost: its services are placed anew.",
            "schema": {"type": "boolean", "default": False},
        },
    ),
    attributes=(
        ID,
        Attribute("name", NAME, "Unique.", REQUIRED_AND_UPDATE),
        Attribute("driver", NAME, "The driver that reaches it.", REQUIRED, shown=ANY_STRING),
        Attribute(
            "parameters",
            {"type": "object", "default": {}},
            "The driver's own document. A change replaces it; secrets are never shown, keep "
            "their value when they are not named, and go when they are null.",
            CREATE_AND_UPDATE,
            shown=ANY_OBJECT,
        ),
        Attribute(
            "limits",
            {**LIMITS, "default": {}},
            "Limits in place of the driver's: vips, vlans:<interface>, throughput (Mbit/s), "
            "connections, or the driver's own; null: unlimited.",
            CREATE_AND_UPDATE,
        ),
        Attribute(
            "project_id",
            nullable(NAME),
            "The project whose own it is; null: shared. A tenant's is always its own.",
            CREATE_AND_UPDATE,
            shown=nullable(ANY_STRING),
        ),
        Attribute(
            "tenant_id",
            nullable(NAME),
            "The same as project_id.",
            CREATE_AND_UPDATE,
            shown=nullable(ANY_STRING),
        ),
        Attribute("zone", nullable(NAME), "Where it stands.", CREATE_AND_UPDATE),
        Attribute(
            "labels",
            map_of(LINE, maxProperties=64, default={}),
            "Names and values for people.",
            CREATE_AND_UPDATE,
        ),
        Attribute("device_pool", nullable(NAME), "The group that it counts in.", CREATE_AND_UPDATE),
        Attribute(
            "isolates_overlapping",
            nullable(BOOLEAN),
            "Whether it keeps networks with overlapping addresses apart; null: as its driver says.",
            CREATE_AND_UPDATE,
        ),
        Attribute("spawned", BOOLEAN, "Whether its device pool made it, and will remove it."),
        Attribute(
            "idle_since",
            nullable(SECONDS),
            "Since when its device pool knows it to have no services, in seconds since the "
            "epoch, UTC.",
        ),
        Attribute(
            "admin_state",
            {**one_of(AdminState), "default": AdminState.ENABLED.value},
            "draining: nothing new comes; disabled: meant to be emptied as well.",
            CREATE_AND_UPDATE,
        ),
        Attribute(
            "agent_group",
            {**NAME, "default": DEFAULT_GROUP},
            "The group of agents that can reach it, of which one holds it at a time; another one "
            "moves it. For admins to choose.",
            CREATE_AND_UPDATE,
            shown=ANY_STRING,
        ),
        Attribute("agent_id", nullable(ANY_STRING), "The agent that holds it; null: none does."),
        Attribute(
            "wiring",
            {**WIRING, "default": {"kind": WiringKind.VIRTUAL.value}},
            "How it gets onto networks. virtual: a port for each, plugged in on host (null: on "
            "that of its agent); trunk: as VLANs of the trunk trunk_id; physical: as VLANs on "
            "the ports of switches that know it as host. For admins to choose; it stays while "
            "the device is on a network.",
            CREATE_AND_UPDATE,
            shown=record(
                kind=one_of(WiringKind), host=nullable(ANY_STRING), trunk_id=nullable(UUID)
            ),
        ),
        Attribute("unwirable", ANY_STRING, "Why networks cannot reach it so; empty: they can."),
        Attribute("status", one_of(DeviceStatus), "What was last seen of it."),
        Attribute("status_reason", ANY_STRING, "Why it is OFFLINE, or what is odd about it."),
        Attribute("version", nullable(ANY_STRING), "As the last probe found."),
        Attribute(
            "capabilities",
            {**CAPABILITIES, "type": ["object", "null"]},
            "What it can do, as the last probe found.",
        ),
        Attribute(
            "usage",
            record(
                services=ANY_INTEGER,
                resources=map_of(
                    record(used=ANY_INTEGER, limit=nullable(ANY_INTEGER), over=BOOLEAN)
                ),
                networks=list_of(
                    record(
                        network_id=UUID,
                        interface=ANY_STRING,
                        services=ANY_INTEGER,
                        attached=BOOLEAN,
                    )
                ),
            ),
            "What services take of it; over: more than the limit, so nothing more comes.",
        ),
    ),
)
