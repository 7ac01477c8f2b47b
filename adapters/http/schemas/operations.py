"""What operators watch: the work that there is, and messages that were given up."""

from adapters.http.attribute import Attribute, ResourceSchema
from adapters.http.schemas.common import (
    ANY_INTEGER,
    ANY_STRING,
    BOOLEAN,
    SECONDS,
    list_of,
    map_of,
    nullable,
    one_of,
    record,
)
from core.domain.lifecycle import Status
from core.domain.service import ServiceKind

DEAD_LETTERS = ResourceSchema(
    kind="DeadLetter",
    singular="dead_letter",
    plural="dead_letters",
    path="/v2.0/fleet/dead-letters",
    text="Messages between server and agents that were given up, the oldest ones.",
    attributes=(
        Attribute("id", ANY_STRING, "Identity."),
        Attribute("queue", ANY_STRING, "Where it was waiting."),
        Attribute("kind", ANY_STRING, "The type of message; empty: it cannot be read."),
        Attribute("device_id", nullable(ANY_STRING), "The device that it is about."),
        Attribute("service_ids", list_of(ANY_STRING), "The services that it is about."),
        Attribute("reason", ANY_STRING, "Why it was given up."),
        Attribute("deliveries", ANY_INTEGER, "How often it was delivered."),
        Attribute("died_at", nullable(SECONDS), "When, in seconds since the epoch, UTC."),
        Attribute("size", ANY_INTEGER, "How many bytes it has."),
    ),
)

BACKLOG_PATH = "/v2.0/fleet/backlog"
BACKLOG = record(
    at=SECONDS,
    pending=ANY_INTEGER,
    failed=ANY_INTEGER,
    overdue=ANY_INTEGER,
    oldest={
        **record(
            id=ANY_STRING,
            kind=one_of(ServiceKind),
            project_id=ANY_STRING,
            status=one_of(Status),
            changed_at=nullable(SECONDS),
        ),
        "type": ["object", "null"],
    },
    services=map_of(ANY_INTEGER),
    devices=map_of(ANY_INTEGER),
    agents=list_of(
        record(
            id=ANY_STRING,
            host=ANY_STRING,
            group=ANY_STRING,
            alive=BOOLEAN,
            leaving=BOOLEAN,
            devices=ANY_INTEGER,
            backlog=ANY_INTEGER,
        )
    ),
    fleet_revision=ANY_INTEGER,
)
