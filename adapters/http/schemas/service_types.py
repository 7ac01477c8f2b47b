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
from core.domain.service_type import Apart, Choice, Grouping, Policy, Preference, Strategy
from core.usecases.fleet.policies import MOST_OVERSUBSCRIPTION

_APART = {
    "devices": {
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_INTEGER,
        "default": Apart().devices,
        "description": "How many devices each tenant's services stay within.",
    },
    "seed": {
        "type": "integer",
        "minimum": 0,
        "maximum": MAX_INTEGER,
        "default": Apart().seed,
        "description": "Another seed draws other devices.",
    },
}
_DEFAULT = Policy()
_POLICY = {
    "choice": {
        **one_of(Choice),
        "default": _DEFAULT.choice.value,
        "description": "Who picks the device. common: the scheduler, and drivers are not asked; "
        "advised: the scheduler, and a driver may veto and score its devices; driver: of the "
        "first driver in order that has a device that fits, this driver.",
    },
    "weights": map_of(
        {"type": "number", "minimum": 0, "maximum": 1e9},
        default={},
        description="Weight of each score, 0 switches it off; one that is not named has the "
        "weight that strategy, grouping and prefer give it.",
    ),
    "strategy": {
        **one_of(Strategy),
        "default": _DEFAULT.strategy.value,
        "description": "Of devices that suit equally well, spread takes one with much room, pack "
        "the fullest.",
    },
    "grouping": {
        **one_of(Grouping),
        "default": _DEFAULT.grouping.value,
        "description": "none: what leaves the fleet the most room; network: devices on the "
        "service's networks come first; tenant: devices that serve the tenant come first; apart: "
        "each tenant stays within few devices.",
    },
    "apart": {
        "type": "object",
        "properties": _APART,
        "additionalProperties": False,
        "description": "The devices that grouping apart draws for each tenant.",
    },
    "prefer": {
        **one_of(Preference),
        "default": _DEFAULT.prefer.value,
        "description": "Whether appliances or virtual devices come first.",
    },
    "demand": map_of(
        {"type": "integer", "minimum": 0, "maximum": MAX_INTEGER},
        default={},
        description="What a service takes of each resource besides one of vips, such as "
        "throughput (Mbit/s) or connections.",
    ),
    "oversubscription": map_of(
        {"type": "number", "minimum": 1, "maximum": MOST_OVERSUBSCRIPTION},
        default={},
        description="How many times its limit may be claimed of a resource, in hundredths.",
    ),
    "zone": {**nullable(NAME), "default": None, "description": "Only devices of this zone."},
    "device_pool": {
        **nullable(NAME),
        "default": None,
        "description": "Only devices of this device pool.",
    },
    "dedicated": {**FALSE_BY_DEFAULT, "description": "Only devices that belong to the tenant."},
    "elastic_pool": {
        **nullable(NAME),
        "default": None,
        "description": "The device pool that spawns a device when none fits; the service waits.",
    },
}
POLICY = {"type": "object", "properties": _POLICY, "additionalProperties": False}
POLICY_SHOWN = {
    **POLICY,
    "properties": {**_POLICY, "apart": {**_POLICY["apart"], "required": list(_APART)}},
    "required": list(_POLICY),
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
            "How its services are placed. A change replaces it whole and counts for later "
            "placements.",
            CREATE_AND_UPDATE,
            shown=POLICY_SHOWN,
        ),
    ),
)
