"""VIPs: load balancers with one listener, as LBaaS v1 has them."""

from adapters.http.attribute import (
    CREATE,
    CREATE_AND_UPDATE,
    REQUIRED,
    REQUIRED_AND_UPDATE,
    Attribute,
    ResourceSchema,
)
from adapters.http.schemas.common import (
    ANY_STRING,
    ID,
    IP_ADDRESS,
    MAX_INTEGER,
    NAME,
    OPTIONAL_LINE,
    PORT,
    PROJECT,
    PROJECT_ALIAS,
    STATUS_DESCRIPTION,
    STATUS_SHOWN,
    TENANT,
    TEXT,
    TRUE_BY_DEFAULT,
    UUID,
    nullable,
    one_of,
)
from core.domain.loadbalancer.model import PersistenceType, Protocol

COOKIE_NAME = {"type": "string", "maxLength": 255, "pattern": r"^[A-Za-z0-9!#$%&*+.^_|~-]+$"}

SESSION_PERSISTENCE = {
    "type": ["object", "null"],
    "properties": {"type": one_of(PersistenceType), "cookie_name": COOKIE_NAME},
    "dependentRequired": {"cookie_name": ["type"]},
    "additionalProperties": False,
    "default": None,
}

VIPS = ResourceSchema(
    kind="Vip",
    singular="vip",
    plural="vips",
    path="/v2.0/lb/vips",
    text="Addresses that clients connect to.",
    aliases=PROJECT_ALIAS,
    attributes=(
        ID,
        TENANT,
        PROJECT,
        Attribute("name", OPTIONAL_LINE, "Text for people.", CREATE_AND_UPDATE),
        Attribute("description", TEXT, "Text for people.", CREATE_AND_UPDATE),
        Attribute("subnet_id", UUID, "The subnet of the address.", REQUIRED),
        Attribute(
            "address",
            {**nullable(IP_ADDRESS), "default": None},
            "The address to listen on; null: any free one of the subnet.",
            CREATE,
            shown=ANY_STRING,
        ),
        Attribute("port_id", UUID, "The port that holds the address.", shown=ANY_STRING),
        Attribute("protocol", one_of(Protocol), "That of the pool, too.", REQUIRED),
        Attribute("protocol_port", PORT, "The TCP port to listen on.", REQUIRED),
        Attribute(
            "pool_id",
            UUID,
            "The pool that answers; a pool has at most one VIP.",
            REQUIRED_AND_UPDATE,
            shown=nullable(UUID),
        ),
        Attribute(
            "session_persistence",
            SESSION_PERSISTENCE,
            "How a client finds the same member again; null or {}: it does not. cookie_name is "
            "given exactly with APP_COOKIE.",
            CREATE_AND_UPDATE,
            shown={
                "type": "object",
                "properties": {"type": one_of(PersistenceType), "cookie_name": ANY_STRING},
                "additionalProperties": False,
            },
        ),
        Attribute(
            "connection_limit",
            {
                "type": "integer",
                "minimum": -1,
                "maximum": MAX_INTEGER,
                "not": {"const": 0},
                "default": -1,
            },
            "The most connections at a time; -1: any number.",
            CREATE_AND_UPDATE,
        ),
        Attribute(
            "admin_state_up",
            TRUE_BY_DEFAULT,
            "False closes the port.",
            CREATE_AND_UPDATE,
        ),
        STATUS_SHOWN,
        STATUS_DESCRIPTION,
        Attribute(
            "service_type",
            {**nullable(NAME), "default": None},
            "Name or id of a service type; null: the default one. Shown as id.",
            CREATE,
            shown=ANY_STRING,
        ),
    ),
)
