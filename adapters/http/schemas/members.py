"""Members: servers that answer for a pool."""

from adapters.http.attribute import (
    CREATE_AND_UPDATE,
    REQUIRED,
    REQUIRED_AND_UPDATE,
    Attribute,
    ResourceSchema,
)
from adapters.http.schemas.common import (
    ID,
    IP_ADDRESS,
    PORT,
    PROJECT,
    PROJECT_ALIAS,
    STATUS_DESCRIPTION,
    STATUS_SHOWN,
    TENANT,
    TRUE_BY_DEFAULT,
    UUID,
)

MEMBERS = ResourceSchema(
    kind="Member",
    singular="member",
    plural="members",
    path="/v2.0/lb/members",
    text="Servers that answer for a pool; unique by pool, address and port.",
    aliases=PROJECT_ALIAS,
    attributes=(
        ID,
        TENANT,
        PROJECT,
        Attribute("pool_id", UUID, "Its pool.", REQUIRED_AND_UPDATE),
        Attribute("address", IP_ADDRESS, "Where it listens.", REQUIRED),
        Attribute("protocol_port", PORT, "The TCP port it listens on.", REQUIRED),
        Attribute(
            "weight",
            {"type": "integer", "minimum": 0, "maximum": 256, "default": 1},
            "Its share relative to the other members; 0: no new clients.",
            CREATE_AND_UPDATE,
        ),
        Attribute(
            "admin_state_up",
            TRUE_BY_DEFAULT,
            "False takes it out of rotation.",
            CREATE_AND_UPDATE,
        ),
        STATUS_SHOWN,
        STATUS_DESCRIPTION,
    ),
)
