"""Health monitors: checks that pools may share."""

from adapters.http.attribute import (
    CREATE_AND_UPDATE,
    REQUIRED,
    REQUIRED_AND_UPDATE,
    Attribute,
    ResourceSchema,
)
from adapters.http.schemas.common import (
    ANY_STRING,
    ID,
    PROJECT,
    PROJECT_ALIAS,
    STATUS,
    STATUS_DESCRIPTION,
    STATUS_SHOWN,
    TENANT,
    TRUE_BY_DEFAULT,
    UUID,
    list_of,
    one_of,
    record,
)
from core.domain.loadbalancer.model import MonitorType
from core.domain.loadbalancer.rules import MONITOR_METHODS

_SECONDS = {"type": "integer", "minimum": 1, "maximum": 86_400}

HEALTH_MONITORS = ResourceSchema(
    kind="HealthMonitor",
    singular="health_monitor",
    plural="health_monitors",
    path="/v2.0/lb/health_monitors",
    text="Checks of members' health; one may serve many pools.",
    aliases=PROJECT_ALIAS,
    attributes=(
        ID,
        TENANT,
        PROJECT,
        Attribute("type", one_of(MonitorType), "How a member is checked.", REQUIRED),
        Attribute(
            "delay",
            _SECONDS,
            "Seconds from one check to the next; not below timeout.",
            REQUIRED_AND_UPDATE,
        ),
        Attribute("timeout", _SECONDS, "Seconds to wait for an answer.", REQUIRED_AND_UPDATE),
        Attribute(
            "max_retries",
            {"type": "integer", "minimum": 1, "maximum": 10},
            "How many checks in a row must fail to take a member out.",
            REQUIRED_AND_UPDATE,
        ),
        Attribute(
            "http_method",
            {"type": "string", "enum": list(MONITOR_METHODS), "default": "GET"},
            "The request's method; HTTP and HTTPS only.",
            CREATE_AND_UPDATE,
            shown=ANY_STRING,
            always=False,
        ),
        Attribute(
            "url_path",
            {"type": "string", "maxLength": 255, "pattern": r"^/[\x21-\x7e]*$", "default": "/"},
            "The request's path; HTTP and HTTPS only.",
            CREATE_AND_UPDATE,
            shown=ANY_STRING,
            always=False,
        ),
        Attribute(
            "expected_codes",
            {
                "type": "string",
                "maxLength": 64,
                "pattern": "^([0-9]{3}( *, *[0-9]{3})*|[0-9]{3}-[0-9]{3})$",
                "default": "200",
            },
            'Codes that mean healthy, as a list ("200,202") or range ("200-204"); HTTP and '
            "HTTPS only.",
            CREATE_AND_UPDATE,
            shown=ANY_STRING,
            always=False,
        ),
        Attribute(
            "admin_state_up", TRUE_BY_DEFAULT, "False: it checks nothing.", CREATE_AND_UPDATE
        ),
        Attribute(
            "pools",
            list_of(record(pool_id=UUID, status=STATUS, status_description=ANY_STRING)),
            "The pools it checks, and how it is deployed with each.",
        ),
        STATUS_SHOWN,
        STATUS_DESCRIPTION,
    ),
)
