"""Pools: members that answer for a VIP, and what hangs on a pool."""

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
    NAME,
    OPTIONAL_LINE,
    PROJECT,
    PROJECT_ALIAS,
    STATUS,
    STATUS_DESCRIPTION,
    STATUS_SHOWN,
    TENANT,
    TEXT,
    TRUE_BY_DEFAULT,
    UUID,
    list_of,
    nullable,
    one_of,
    record,
)
from core.domain.loadbalancer.model import Method, Protocol

POOLS = ResourceSchema(
    kind="Pool",
    singular="pool",
    plural="pools",
    path="/v2.0/lb/pools",
    text="Groups of members that answer for a VIP.",
    aliases=PROJECT_ALIAS,
    attributes=(
        ID,
        TENANT,
        PROJECT,
        Attribute("vip_id", nullable(UUID), "The VIP that uses it."),
        Attribute("name", OPTIONAL_LINE, "Text for people.", CREATE_AND_UPDATE),
        Attribute("description", TEXT, "Text for people.", CREATE_AND_UPDATE),
        Attribute("subnet_id", UUID, "The subnet of the members.", REQUIRED),
        Attribute("protocol", one_of(Protocol), "What the members speak.", REQUIRED),
        Attribute(
            "provider",
            {**nullable(NAME), "default": None},
            "Only this system's own name is accepted.",
            CREATE,
            shown=ANY_STRING,
        ),
        Attribute(
            "lb_method",
            one_of(Method),
            "How requests are spread over the members.",
            REQUIRED_AND_UPDATE,
        ),
        Attribute("members", list_of(UUID), "Identities of its members."),
        Attribute(
            "health_monitors",
            {"type": ["array", "null"], "items": UUID, "uniqueItems": True, "default": None},
            "Identities of the health monitors that check its members.",
            CREATE_AND_UPDATE,
            shown=list_of(UUID),
        ),
        Attribute(
            "health_monitors_status",
            list_of(record(monitor_id=UUID, status=STATUS, status_description=ANY_STRING)),
            "How each health monitor is deployed.",
        ),
        Attribute(
            "admin_state_up",
            TRUE_BY_DEFAULT,
            "False: it answers as a pool without members.",
            CREATE_AND_UPDATE,
        ),
        STATUS_SHOWN,
        STATUS_DESCRIPTION,
    ),
)

ASSOCIATION = ResourceSchema(
    kind="PoolMonitorAssociation",
    singular="health_monitor",
    plural="health_monitors",
    path="/v2.0/lb/pools/{pool_id}/health_monitors",
    text="Health monitors that check a pool.",
    aliases=PROJECT_ALIAS,
    attributes=(
        Attribute("id", UUID, "The health monitor.", REQUIRED),
        Attribute("tenant_id", NAME, "Accepted from older clients; the pool's counts.", CREATE),
        Attribute("project_id", NAME, "The same as tenant_id.", CREATE),
    ),
)
"""What a POST to the sub-resource holds."""

ASSOCIATION_SHOWN = record(
    pool_id=UUID,
    monitor_id=UUID,
    status=STATUS,
    status_description=ANY_STRING,
    tenant_id=ANY_STRING,
    project_id=ANY_STRING,
)

_COUNTER = {"type": "integer", "minimum": 0}

STATISTICS = record(
    bytes_in=_COUNTER,
    bytes_out=_COUNTER,
    active_connections=_COUNTER,
    total_connections=_COUNTER,
)
