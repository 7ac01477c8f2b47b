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

VERDICT = record(
    device_id=ANY_STRING,
    device_name=ANY_STRING,
    fits=BOOLEAN,
    total=nullable(NUMBER),
    reasons=list_of(
        record(
            code=one_of(ReasonCode),
            text=ANY_STRING,
            numbers=map_of({"type": ["number", "string"]}),
        )
    ),
    terms=list_of(record(score=ANY_STRING, value=NUMBER, weight=NUMBER)),
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
        Attribute(
            "device_id", nullable(ANY_STRING), "The chosen device; for admins.", always=False
        ),
        Attribute("request", {"type": "object"}, "What was asked for; for admins.", always=False),
        Attribute("verdicts", list_of(VERDICT), "Each device's verdict; for admins.", always=False),
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
        Attribute("host", ANY_STRING, "Where it runs."),
        Attribute("version", ANY_STRING, "Its version."),
        Attribute("drivers", list_of(ANY_STRING), "The drivers that it has."),
        Attribute("devices", list_of(ANY_STRING), "The devices that it holds."),
        Attribute("backlog", ANY_INTEGER, "How many commands wait for it."),
        Attribute("started_at", SECONDS, "When it started, in seconds since the epoch, UTC."),
        Attribute("seen_at", SECONDS, "When it last said hello, in the same terms."),
        Attribute("alive", BOOLEAN, "Whether that is recent."),
    ),
)
