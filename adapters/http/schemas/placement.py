"""Bindings, decisions and agents: what operators can only look at."""

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
from core.domain.binding import InsertionMode, Role
from core.domain.placement.reasons import ReasonCode
from core.usecases.fleet.decisions import WhyNot

NUMBER = {"type": "number"}

BINDINGS = ResourceSchema(
    kind="Binding",
    singular="binding",
    plural="bindings",
    path="/v2.0/fleet/bindings",
    text="Which service is on which device.",
    attributes=(
        Attribute("id", ANY_STRING, "The same as service_id."),
        Attribute("service_id", ANY_STRING, "The service, such as a VIP."),
        Attribute("device_id", ANY_STRING, "Its device."),
        Attribute("driver", ANY_STRING, "The device's driver."),
        Attribute("role", one_of(Role), "Its part in a redundant pair."),
        Attribute("mode", one_of(InsertionMode), "How the device stands between the networks."),
        Attribute("vip_address", ANY_STRING, "The address that clients connect to."),
        Attribute(
            "networks",
            list_of(record(network_id=ANY_STRING, cidr=ANY_STRING)),
            "The networks that it needs its device on.",
        ),
        Attribute("claims", map_of(ANY_INTEGER), "What it takes of the device's limits."),
        Attribute("decision_id", ANY_STRING, "The decision that made it."),
    ),
)

REASON = record(
    code=one_of(ReasonCode),
    text=ANY_STRING,
    numbers=map_of({"type": ["number", "string"]}),
)
VERDICT = record(
    device_id=ANY_STRING,
    device_name=ANY_STRING,
    fits=BOOLEAN,
    total=nullable(NUMBER),
    reasons=list_of(REASON),
    terms=list_of(record(score=ANY_STRING, value=NUMBER, weight=NUMBER)),
)
GROUP = record(
    reasons=list_of(record(code=one_of(ReasonCode), about=ANY_STRING)),
    devices=ANY_INTEGER,
    examples=list_of(ANY_STRING),
    nearest=ANY_STRING,
    text=ANY_STRING,
    remedy=ANY_STRING,
)
EXAMINATION = record(
    explained_at=SECONDS,
    fleet_revision=ANY_INTEGER,
    considered=ANY_INTEGER,
    fitting=ANY_INTEGER,
    refusals=map_of(ANY_INTEGER),
    best_device_id=nullable(ANY_STRING),
    best_device_name=nullable(ANY_STRING),
    groups=list_of(GROUP),
    devices=list_of(
        record(
            device_id=ANY_STRING,
            device_name=ANY_STRING,
            fits=BOOLEAN,
            total=nullable(NUMBER),
            reasons=list_of(REASON),
            remedy=ANY_STRING,
        )
    ),
)

DECISIONS = ResourceSchema(
    kind="Decision",
    singular="decision",
    plural="decisions",
    path="/v2.0/fleet/decisions",
    text="Why each service is where it is, or nowhere.",
    attributes=(
        Attribute("id", ANY_STRING, "Identity."),
        Attribute("service_id", ANY_STRING, "The service that was placed."),
        Attribute("project_id", ANY_STRING, "The service's project."),
        Attribute("tenant_id", ANY_STRING, "The same as project_id."),
        Attribute("service_type_id", ANY_STRING, "The service's type."),
        Attribute("decided_at", SECONDS, "When, in seconds since the epoch, UTC."),
        Attribute("placed", BOOLEAN, "Whether a device was chosen.", stored=False),
        Attribute("considered", ANY_INTEGER, "How many devices were looked at."),
        Attribute("refusals", map_of(ANY_INTEGER), "How many devices each kind of reason refused."),
        Attribute("summary", ANY_STRING, "The same in words.", stored=False),
        Attribute("advice", list_of(ANY_STRING), "What would help, where no device was chosen."),
        Attribute(
            "device_id", nullable(ANY_STRING), "The chosen device; for admins.", always=False
        ),
        Attribute(
            "fleet_revision",
            ANY_INTEGER,
            "The state of the fleet that was looked at; for admins.",
            always=False,
        ),
        Attribute("request", {"type": "object"}, "What was asked for; for admins.", always=False),
        Attribute(
            "verdicts",
            list_of(VERDICT),
            "The chosen device and those that came next, as it was decided; for admins.",
            always=False,
        ),
        Attribute(
            "why_not",
            EXAMINATION,
            "Every device for the service, as both are now, without the service itself: all the "
            "reasons against it and what would admit it. For admins, and not in lists.",
            always=False,
        ),
        Attribute("note", ANY_STRING, "Why there is no why_not.", always=False, stored=False),
    ),
    showing=(
        {
            "name": "why_not",
            "in": "query",
            "description": "How much to tell of the devices that were not chosen: all of them, "
            "a summary by groups with the same reasons, or none.",
            "schema": {**one_of(WhyNot), "default": WhyNot.ALL.value},
        },
    ),
)

AGENTS = ResourceSchema(
    kind="Agent",
    singular="agent",
    plural="agents",
    path="/v2.0/fleet/agents",
    text="The processes that run device drivers.",
    attributes=(
        Attribute("id", ANY_STRING, "Identity."),
        Attribute("group", ANY_STRING, "The group whose devices it can be given."),
        Attribute("zones", list_of(ANY_STRING), "The zones whose devices it can reach; none: all."),
        Attribute("host", ANY_STRING, "Where it runs."),
        Attribute("version", ANY_STRING, "Its version."),
        Attribute("drivers", list_of(ANY_STRING), "The drivers that it has."),
        Attribute("devices", list_of(ANY_STRING), "The devices that it holds."),
        Attribute("backlog", ANY_INTEGER, "How many commands wait for it."),
        Attribute("started_at", SECONDS, "When it started, in seconds since the epoch, UTC."),
        Attribute("seen_at", SECONDS, "When it last said hello, in the same terms."),
        Attribute("heartbeat", NUMBER, "Seconds between two of its hellos."),
        Attribute("alive", BOOLEAN, "Whether it may act on its devices.", stored=False),
        Attribute("leaving", BOOLEAN, "Whether it hands its devices over to end."),
    ),
)
