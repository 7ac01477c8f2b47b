"""The tables. Migrations make them; a test holds the two together."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy import text as sql_text
from sqlalchemy.types import TypeEngine

from adapters.persistence.sql.column_types import document, identity, moment, name, text

METADATA = MetaData()

_ROOMY: dict[str, Any] = {"postgresql_with": {"fillfactor": 80}}

PREFIX = "pierhead_"
"""What the names of all tables and their indexes begin with: the database may be another
program's, too, as Neutron's is, which has networks and agents of its own. Constraints need no
such names."""


def _column(label: str, kind: "TypeEngine[Any] | type[TypeEngine[Any]]") -> "Column[Any]":
    return Column(label, kind, nullable=False)


def _optional(label: str, kind: "TypeEngine[Any] | type[TypeEngine[Any]]") -> "Column[Any]":
    return Column(label, kind, nullable=True)


def _table(label: str, key: tuple[str, ...], *parts: Any, changes: bool = False) -> Table:
    """A table; of one whose rows change all the time (`changes`), PostgreSQL's pages keep room
    for what they become."""
    return Table(
        PREFIX + label,
        METADATA,
        *parts,
        PrimaryKeyConstraint(*key, name=f"pk_{label}"),
        **_ROOMY if changes else {},
    )


def _unique(label: str, *columns: str) -> UniqueConstraint:
    return UniqueConstraint(*columns, name=f"uq_{label}_{'_'.join(columns)}")


def _index(label: str, *columns: str, where: str | None = None) -> Index:
    """An index, of the rows `where` only in databases that can leave rows out."""
    partial = None if where is None else sql_text(where)
    return Index(
        f"ix_{PREFIX}{label}_{'_'.join(columns)}",
        *columns,
        postgresql_where=partial,
        sqlite_where=partial,
    )


def _refers(
    label: str, column: str, target: str, key: str = "id", on_delete: str | None = None
) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        [column], [f"{PREFIX}{target}.{key}"], name=f"fk_{label}_{column}", ondelete=on_delete
    )


def _at_least(label: str, column: str, least: int) -> CheckConstraint:
    return CheckConstraint(f"{column} >= {least}", name=f"ck_{label}_{column}")


def _stamp() -> "tuple[Column[Any], ...]":
    return (
        _optional("stamp_service_id", identity()),
        _optional("stamp_revision", BigInteger),
        _optional("stamp_created", Boolean),
    )


services = _table(
    "services",
    ("id",),
    _column("id", identity()),
    _column("kind", name()),
    _column("project_id", name()),
    _column("service_type_id", identity()),
    _column("status", name()),
    _column("status_description", document()),
    _column("desired_revision", BigInteger),
    _column("deployed_revision", BigInteger),
    _column("deleting", Boolean),
    _optional("cause", name()),
    _column("attempts", Integer),
    _optional("due_at", moment()),
    _optional("changed_at", moment()),
    _optional("traceparent", name()),
    _at_least("services", "desired_revision", 1),
    _at_least("services", "deployed_revision", 0),
    _index("services", "due_at", where="due_at IS NOT NULL"),
    _index("services", "project_id"),
    _index("services", "service_type_id"),
    _index("services", "cause", where="cause IS NOT NULL"),
    _index("services", "status", where="status <> 'ACTIVE'"),
)

service_types = _table(
    "service_types",
    ("id",),
    _column("id", identity()),
    _column("name", name()),
    _column("description", document()),
    _column("kind", name()),
    _column("drivers", document()),
    _column("default", Boolean),
    _column("policy", document()),
    _unique("service_types", "name"),
)

devices = _table(
    "devices",
    ("id",),
    _column("id", identity()),
    _column("number", BigInteger),
    _column("name", name()),
    _column("driver", name()),
    _column("parameters", document()),
    _optional("sealed", document()),
    _column("limits", document()),
    _optional("project_id", name()),
    _optional("zone", name()),
    _column("labels", document()),
    _optional("device_pool", name()),
    _optional("isolates_overlapping", Boolean),
    _column("spawned", Boolean),
    _optional("spawned_at", moment()),
    _column("attempts", Integer),
    _optional("idle_since", moment()),
    _column("admin_state", name()),
    _column("status", name()),
    _column("status_reason", document()),
    _optional("version", name()),
    _optional("capabilities", document()),
    _column("generation", BigInteger),
    _column("removing", Boolean),
    _optional("due_at", moment()),
    _column("agent_group", name()),
    _optional("agent_id", name()),
    _column("epoch", BigInteger),
    _column("probed_epoch", BigInteger),
    _column("releasing", Boolean),
    _column("wiring", document()),
    _column("unwirable", document()),
    _unique("devices", "project_id", "name"),
    _unique("devices", "number"),
    _index("devices", "due_at"),
    _index("devices", "project_id"),
    _index("devices", "agent_id"),
)

device_pools = _table(
    "device_pools",
    ("id",),
    _column("id", identity()),
    _column("name", name()),
    _column("description", document()),
    _column("driver", name()),
    _column("minimum", Integer),
    _column("maximum", Integer),
    _column("spare", Integer),
    _column("idle_seconds", moment()),
    _column("private", Boolean),
    _column("parameters", document()),
    _column("limits", document()),
    _optional("zone", name()),
    _column("labels", document()),
    _optional("sealed", document()),
    _column("failures", Integer),
    _column("status_reason", document()),
    _optional("grow_after", moment()),
    _unique("device_pools", "name"),
)

bindings = _table(
    "bindings",
    ("service_id",),
    _column("service_id", identity()),
    _column("project_id", name()),
    _column("device_id", identity()),
    _column("driver", name()),
    _column("role", name()),
    _column("mode", name()),
    _column("vip_address", text(64)),
    _column("networks", document()),
    _column("claims", document()),
    _column("decision_id", identity()),
    _refers("bindings", "device_id", "devices"),
    _index("bindings", "device_id", "project_id"),
)

device_counters = _table(
    "device_counters",
    ("device_id", "resource"),
    _column("device_id", identity()),
    _column("resource", name()),
    _column("used", BigInteger),
    _optional("ceiling", BigInteger),
    _at_least("device_counters", "used", 0),
    changes=True,
)

device_networks = _table(
    "device_networks",
    ("device_id", "network_id"),
    _column("device_id", identity()),
    _column("network_id", identity()),
    _column("cidrs", document()),
    _column("interface", name()),
    _column("users", BigInteger),
    _optional("attachment", document()),
    _optional("wiring_until", moment()),
    _optional("idle", Boolean),
    _at_least("device_networks", "users", 0),
    _index("device_networks", "idle", where="idle IS NOT NULL"),
    changes=True,
)
"""`idle` is true without users and otherwise null: an index of `users` would change with every
claim."""

decisions = _table(
    "decisions",
    ("id",),
    _column("id", identity()),
    _column("service_id", identity()),
    _column("project_id", name()),
    _column("decided_at", moment()),
    _column("service_type_id", identity()),
    _optional("device_id", identity()),
    _column("considered", Integer),
    _column("fleet_revision", BigInteger),
    _column("refusals", document()),
    _column("request", document()),
    _column("verdicts", document()),
    _index("decisions", "service_id", "decided_at"),
    _index("decisions", "project_id"),
    _index("decisions", "decided_at"),
)

pools = _table(
    "pools",
    ("id",),
    _column("id", identity()),
    _column("project_id", name()),
    _column("name", name()),
    _column("description", document()),
    _column("network_id", identity()),
    _column("subnet_id", identity()),
    _column("cidr", text(64)),
    _column("protocol", name()),
    _column("method", name()),
    _column("admin_state_up", Boolean),
    *_stamp(),
    _index("pools", "project_id"),
    _index("pools", "subnet_id"),
)

load_balancers = _table(
    "load_balancers",
    ("id",),
    _column("id", identity()),
    _column("project_id", name()),
    _column("name", name()),
    _column("description", document()),
    _column("vip_network_id", identity()),
    _column("vip_subnet_id", identity()),
    _column("vip_cidr", text(64)),
    _column("vip_address", text(64)),
    _column("vip_port_id", identity()),
    _column("admin_state_up", Boolean),
    _index("load_balancers", "project_id"),
    _index("load_balancers", "vip_subnet_id"),
)

listeners = _table(
    "listeners",
    ("id",),
    _column("id", identity()),
    _column("load_balancer_id", identity()),
    _column("protocol", name()),
    _column("protocol_port", Integer),
    _optional("connection_limit", BigInteger),
    _optional("default_pool_id", identity()),
    _optional("session_persistence", document()),
    _column("admin_state_up", Boolean),
    _column("position", Integer),
    _unique("listeners", "default_pool_id"),
    _unique("listeners", "load_balancer_id", "position"),
    _refers("listeners", "load_balancer_id", "load_balancers", on_delete="CASCADE"),
    _refers("listeners", "default_pool_id", "pools"),
)

members = _table(
    "members",
    ("id",),
    _column("id", identity()),
    _column("project_id", name()),
    _column("pool_id", identity()),
    _column("address", text(64)),
    _column("protocol_port", Integer),
    _column("weight", Integer),
    _column("admin_state_up", Boolean),
    *_stamp(),
    _unique("members", "pool_id", "address", "protocol_port"),
    _refers("members", "pool_id", "pools"),
    _index("members", "project_id"),
)

health_monitors = _table(
    "health_monitors",
    ("id",),
    _column("id", identity()),
    _column("project_id", name()),
    _column("type", name()),
    _column("delay", Integer),
    _column("timeout", Integer),
    _column("max_retries", Integer),
    _column("http_method", name()),
    _column("url_path", document()),
    _column("expected_codes", document()),
    _column("admin_state_up", Boolean),
    _index("health_monitors", "project_id"),
)

pool_monitors = _table(
    "pool_monitors",
    ("id",),
    _column("id", identity()),
    _column("project_id", name()),
    _column("pool_id", identity()),
    _column("monitor_id", identity()),
    *_stamp(),
    _unique("pool_monitors", "pool_id", "monitor_id"),
    _refers("pool_monitors", "pool_id", "pools"),
    _refers("pool_monitors", "monitor_id", "health_monitors"),
    _index("pool_monitors", "monitor_id"),
)

networks = _table(
    "networks",
    ("id",),
    _column("id", identity()),
    _column("project_id", name()),
    _column("name", name()),
    _column("description", document()),
    _column("admin_state_up", Boolean),
    _column("shared", Boolean),
    _optional("segmentation_id", Integer),
    _unique("networks", "segmentation_id"),
    _index("networks", "project_id"),
)

subnets = _table(
    "subnets",
    ("id",),
    _column("id", identity()),
    _column("project_id", name()),
    _column("network_id", identity()),
    _column("name", name()),
    _column("description", document()),
    _column("cidr", text(64)),
    _optional("gateway_ip", text(64)),
    _column("allocation_pools", document()),
    _column("enable_dhcp", Boolean),
    _column("dns_nameservers", document()),
    _column("host_routes", document()),
    _optional("cursor", text(64)),
    _refers("subnets", "network_id", "networks"),
    _index("subnets", "project_id"),
    _index("subnets", "network_id"),
)

reservations = _table(
    "reservations",
    ("id",),
    _column("id", identity()),
    _column("subnet_id", identity()),
    _column("address", text(64)),
    _column("owner", name()),
    _column("reserved_at", moment()),
    _unique("reservations", "subnet_id", "address"),
    _unique("reservations", "subnet_id", "owner"),
    _refers("reservations", "subnet_id", "subnets"),
    _index("reservations", "owner"),
)

agents = _table(
    "agents",
    ("id",),
    _column("id", name()),
    _column("incarnation", name()),
    _column("group", name()),
    _column("zones", document()),
    _column("host", name()),
    _column("version", name()),
    _column("drivers", document()),
    _column("backlog", Integer),
    _column("started_at", moment()),
    _column("seen_at", moment()),
    _column("heartbeat", moment()),
    _column("floor", BigInteger),
    _column("leaving", Boolean),
    _column("lost", Boolean),
)

observations = _table(
    "observations",
    ("service_id",),
    _column("service_id", identity()),
    _column("document", document()),
)

fleet_position = _table(
    "fleet_position",
    ("id",),
    Column("id", Integer, nullable=False, autoincrement=False),
    _column("revision", BigInteger),
    _column("writer", text(32)),
)
"""Its only row says how often anything about the fleet changed, and by which unit of work
last."""

fleet_changes = _table(
    "fleet_changes",
    ("device_id",),
    _column("device_id", identity()),
    _column("revision", BigInteger),
    _index("fleet_changes", "revision"),
)
"""The fleet's revision when a device changed last; devices that are gone stay here."""

write_lock = _table(
    "write_lock", ("id",), Column("id", Integer, nullable=False, autoincrement=False)
)
"""Its only row is locked by write units where the database lets several in at a time."""
