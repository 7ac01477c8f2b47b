"""Service types: the catalogue from which tenants choose."""

from adapters.http.attribute import (
    CREATE,
    CREATE_AND_UPDATE,
    REQUIRED_AND_UPDATE,
    Attribute,
    ResourceSchema,
)
from adapters.http.schemas.common import (
    FALSE_BY_DEFAULT,
    ID,
    MAX_INTEGER,
    NAME,
    TEXT,
    list_of,
    map_of,
    nullable,
    one_of,
)
from core.domain.service import ServiceKind

_POLICY_PROPERTIES = {
    "weights": map_of(
        {"type": "number", "minimum": 0, "maximum": 1e9},
        description="Weight of each score; one that is not named has its default weight.",
    ),
    "demand": map_of(
        {"type": "integer", "minimum": 0, "maximum": MAX_INTEGER},
        description="What a service takes of each resource besides one of vips.",
    ),
    "zone": {**nullable(NAME), "description": "Only devices of this zone."},
    "device_pool": {**nullable(NAME), "description": "Only devices of this pool."},
    "dedicated": {"type": "boolean", "description": "Only the tenant's own devices."},
}

POLICY = {
    "type": "object",
    "properties": _POLICY_PROPERTIES,
    "additionalProperties": False,
}

SERVICE_TYPES = ResourceSchema(
    kind="ServiceType",
    singular="service_type",
    plural="service_types",
    path="/v2.0/fleet/service-types",
    text="What tenants can choose from.",
    attributes=(
        ID,
        Attribute("name", NAME, "Unique.", REQUIRED_AND_UPDATE),
        Attribute("description", TEXT, "Text for people.", CREATE_AND_UPDATE),
        Attribute(
            "kind",
            {**one_of(ServiceKind), "default": ServiceKind.LOADBALANCER.value},
            "The kind of service.",
            CREATE,
        ),
        Attribute(
            "drivers",
            list_of(NAME, minItems=1, maxItems=64, uniqueItems=True),
            "Drivers that may provide it, the preferred one first.",
            REQUIRED_AND_UPDATE,
        ),
        Attribute(
            "default",
            FALSE_BY_DEFAULT,
            "Whether it is meant when none is named; takes this from another of its kind.",
            CREATE_AND_UPDATE,
        ),
        Attribute(
            "policy",
            {**POLICY, "default": {}},
            "How its services are placed; a change replaces it whole.",
            CREATE_AND_UPDATE,
            shown={**POLICY, "required": list(_POLICY_PROPERTIES)},
        ),
    ),
)
