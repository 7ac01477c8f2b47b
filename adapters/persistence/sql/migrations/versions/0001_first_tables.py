"""The first tables."""

import sqlalchemy as sa
from alembic import op

from adapters.persistence.sql.column_types import document, identity, moment, name, text

revision = "0001"
down_revision = None


def upgrade() -> None:
    _agents()
    _decisions()
    _device_counters()
    _device_networks()
    _devices()
    _health_monitors()
    _load_balancers()
    _networks()
    _observations()
    _pools()
    _service_types()
    _services()
    _write_lock()
    _bindings()
    _listeners()
    _members()
    _pool_monitors()
    _subnets()
    _claims()
    _reservations()
    _service_networks()
    op.execute("INSERT INTO write_lock (id) VALUES (1)")


def _agents() -> None:
    op.create_table(
        "agents",
        sa.Column("id", name(), nullable=False),
        sa.Column("host", name(), nullable=False),
        sa.Column("version", name(), nullable=False),
        sa.Column("drivers", document(), nullable=False),
        sa.Column("devices", document(), nullable=False),
        sa.Column("backlog", sa.Integer(), nullable=False),
        sa.Column("started_at", moment(), nullable=False),
        sa.Column("seen_at", moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
    )


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", identity(), nullable=False),
        sa.Column("service_id", identity(), nullable=False),
        sa.Column("project_id", name(), nullable=False),
        sa.Column("decided_at", moment(), nullable=False),
        sa.Column("service_type_id", identity(), nullable=False),
        sa.Column("device_id", identity(), nullable=True),
        sa.Column("considered", sa.Integer(), nullable=False),
        sa.Column("refusals", document(), nullable=False),
        sa.Column("request", document(), nullable=False),
        sa.Column("verdicts", document(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_project_id", "decisions", ["project_id"], unique=False)
    op.create_index("ix_decisions_service_id", "decisions", ["service_id"], unique=False)


def _device_counters() -> None:
    op.create_table(
        "device_counters",
        sa.Column("device_id", identity(), nullable=False),
        sa.Column("resource", name(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("ceiling", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("used >= 0", name="ck_device_counters_used"),
        sa.PrimaryKeyConstraint("device_id", "resource", name="pk_device_counters"),
    )


def _device_networks() -> None:
    op.create_table(
        "device_networks",
        sa.Column("device_id", identity(), nullable=False),
        sa.Column("network_id", identity(), nullable=False),
        sa.Column("cidrs", document(), nullable=False),
        sa.Column("interface", name(), nullable=False),
        sa.Column("users", sa.BigInteger(), nullable=False),
        sa.Column("attachment", document(), nullable=True),
        sa.CheckConstraint("users >= 0", name="ck_device_networks_users"),
        sa.PrimaryKeyConstraint("device_id", "network_id", name="pk_device_networks"),
    )
    op.create_index("ix_device_networks_users", "device_networks", ["users"], unique=False)


def _devices() -> None:
    op.create_table(
        "devices",
        sa.Column("id", identity(), nullable=False),
        sa.Column("name", name(), nullable=False),
        sa.Column("driver", name(), nullable=False),
        sa.Column("parameters", document(), nullable=False),
        sa.Column("sealed", document(), nullable=True),
        sa.Column("limits", document(), nullable=False),
        sa.Column("project_id", name(), nullable=True),
        sa.Column("zone", name(), nullable=True),
        sa.Column("labels", document(), nullable=False),
        sa.Column("device_pool", name(), nullable=True),
        sa.Column("admin_state", name(), nullable=False),
        sa.Column("status", name(), nullable=False),
        sa.Column("status_reason", document(), nullable=False),
        sa.Column("version", name(), nullable=True),
        sa.Column("capabilities", document(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("removing", sa.Boolean(), nullable=False),
        sa.Column("due_at", moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_devices"),
        sa.UniqueConstraint("project_id", "name", name="uq_devices_project_id_name"),
    )
    op.create_index("ix_devices_due_at", "devices", ["due_at"], unique=False)
    op.create_index("ix_devices_project_id", "devices", ["project_id"], unique=False)


def _health_monitors() -> None:
    op.create_table(
        "health_monitors",
        sa.Column("id", identity(), nullable=False),
        sa.Column("project_id", name(), nullable=False),
        sa.Column("type", name(), nullable=False),
        sa.Column("delay", sa.Integer(), nullable=False),
        sa.Column("timeout", sa.Integer(), nullable=False),
        sa.Column("max_retries", sa.Integer(), nullable=False),
        sa.Column("http_method", name(), nullable=False),
        sa.Column("url_path", document(), nullable=False),
        sa.Column("expected_codes", document(), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_health_monitors"),
    )
    op.create_index(
        "ix_health_monitors_project_id", "health_monitors", ["project_id"], unique=False
    )


def _load_balancers() -> None:
    op.create_table(
        "load_balancers",
        sa.Column("id", identity(), nullable=False),
        sa.Column("project_id", name(), nullable=False),
        sa.Column("name", name(), nullable=False),
        sa.Column("description", document(), nullable=False),
        sa.Column("vip_network_id", identity(), nullable=False),
        sa.Column("vip_subnet_id", identity(), nullable=False),
        sa.Column("vip_cidr", text(64), nullable=False),
        sa.Column("vip_address", text(64), nullable=False),
        sa.Column("vip_port_id", identity(), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_load_balancers"),
    )
    op.create_index("ix_load_balancers_project_id", "load_balancers", ["project_id"], unique=False)
    op.create_index(
        "ix_load_balancers_vip_subnet_id", "load_balancers", ["vip_subnet_id"], unique=False
    )


def _networks() -> None:
    op.create_table(
        "networks",
        sa.Column("id", identity(), nullable=False),
        sa.Column("project_id", name(), nullable=False),
        sa.Column("name", name(), nullable=False),
        sa.Column("description", document(), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_networks"),
    )
    op.create_index("ix_networks_project_id", "networks", ["project_id"], unique=False)


def _observations() -> None:
    op.create_table(
        "observations",
        sa.Column("service_id", identity(), nullable=False),
        sa.Column("document", document(), nullable=False),
        sa.PrimaryKeyConstraint("service_id", name="pk_observations"),
    )


def _pools() -> None:
    op.create_table(
        "pools",
        sa.Column("id", identity(), nullable=False),
        sa.Column("project_id", name(), nullable=False),
        sa.Column("name", name(), nullable=False),
        sa.Column("description", document(), nullable=False),
        sa.Column("network_id", identity(), nullable=False),
        sa.Column("subnet_id", identity(), nullable=False),
        sa.Column("cidr", text(64), nullable=False),
        sa.Column("protocol", name(), nullable=False),
        sa.Column("method", name(), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("stamp_service_id", identity(), nullable=True),
        sa.Column("stamp_revision", sa.BigInteger(), nullable=True),
        sa.Column("stamp_created", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_pools"),
    )
    op.create_index("ix_pools_project_id", "pools", ["project_id"], unique=False)
    op.create_index("ix_pools_subnet_id", "pools", ["subnet_id"], unique=False)


def _service_types() -> None:
    op.create_table(
        "service_types",
        sa.Column("id", identity(), nullable=False),
        sa.Column("name", name(), nullable=False),
        sa.Column("description", document(), nullable=False),
        sa.Column("kind", name(), nullable=False),
        sa.Column("drivers", document(), nullable=False),
        sa.Column("default", sa.Boolean(), nullable=False),
        sa.Column("policy", document(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_service_types"),
        sa.UniqueConstraint("name", name="uq_service_types_name"),
    )


def _services() -> None:
    op.create_table(
        "services",
        sa.Column("id", identity(), nullable=False),
        sa.Column("kind", name(), nullable=False),
        sa.Column("project_id", name(), nullable=False),
        sa.Column("service_type_id", identity(), nullable=False),
        sa.Column("status", name(), nullable=False),
        sa.Column("status_description", document(), nullable=False),
        sa.Column("desired_revision", sa.BigInteger(), nullable=False),
        sa.Column("deployed_revision", sa.BigInteger(), nullable=False),
        sa.Column("deleting", sa.Boolean(), nullable=False),
        sa.Column("cause", name(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", moment(), nullable=True),
        sa.CheckConstraint("deployed_revision >= 0", name="ck_services_deployed_revision"),
        sa.CheckConstraint("desired_revision >= 1", name="ck_services_desired_revision"),
        sa.PrimaryKeyConstraint("id", name="pk_services"),
    )
    op.create_index("ix_services_cause", "services", ["cause"], unique=False)
    op.create_index("ix_services_due_at", "services", ["due_at"], unique=False)
    op.create_index("ix_services_project_id", "services", ["project_id"], unique=False)
    op.create_index("ix_services_service_type_id", "services", ["service_type_id"], unique=False)


def _write_lock() -> None:
    op.create_table(
        "write_lock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_write_lock"),
    )


def _bindings() -> None:
    op.create_table(
        "bindings",
        sa.Column("service_id", identity(), nullable=False),
        sa.Column("device_id", identity(), nullable=False),
        sa.Column("driver", name(), nullable=False),
        sa.Column("role", name(), nullable=False),
        sa.Column("mode", name(), nullable=False),
        sa.Column("vip_address", text(64), nullable=False),
        sa.Column("decision_id", identity(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_bindings_device_id"),
        sa.PrimaryKeyConstraint("service_id", name="pk_bindings"),
    )
    op.create_index("ix_bindings_device_id", "bindings", ["device_id"], unique=False)


def _listeners() -> None:
    op.create_table(
        "listeners",
        sa.Column("id", identity(), nullable=False),
        sa.Column("load_balancer_id", identity(), nullable=False),
        sa.Column("protocol", name(), nullable=False),
        sa.Column("protocol_port", sa.Integer(), nullable=False),
        sa.Column("connection_limit", sa.BigInteger(), nullable=True),
        sa.Column("default_pool_id", identity(), nullable=True),
        sa.Column("session_persistence", document(), nullable=True),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["default_pool_id"], ["pools.id"], name="fk_listeners_default_pool_id"
        ),
        sa.ForeignKeyConstraint(
            ["load_balancer_id"],
            ["load_balancers.id"],
            name="fk_listeners_load_balancer_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_listeners"),
        sa.UniqueConstraint("default_pool_id", name="uq_listeners_default_pool_id"),
        sa.UniqueConstraint(
            "load_balancer_id", "position", name="uq_listeners_load_balancer_id_position"
        ),
    )


def _members() -> None:
    op.create_table(
        "members",
        sa.Column("id", identity(), nullable=False),
        sa.Column("project_id", name(), nullable=False),
        sa.Column("pool_id", identity(), nullable=False),
        sa.Column("address", text(64), nullable=False),
        sa.Column("protocol_port", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("admin_state_up", sa.Boolean(), nullable=False),
        sa.Column("stamp_service_id", identity(), nullable=True),
        sa.Column("stamp_revision", sa.BigInteger(), nullable=True),
        sa.Column("stamp_created", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_members_pool_id"),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
        sa.UniqueConstraint(
            "pool_id", "address", "protocol_port", name="uq_members_pool_id_address_protocol_port"
        ),
    )
    op.create_index("ix_members_project_id", "members", ["project_id"], unique=False)


def _pool_monitors() -> None:
    op.create_table(
        "pool_monitors",
        sa.Column("id", identity(), nullable=False),
        sa.Column("project_id", name(), nullable=False),
        sa.Column("pool_id", identity(), nullable=False),
        sa.Column("monitor_id", identity(), nullable=False),
        sa.Column("stamp_service_id", identity(), nullable=True),
        sa.Column("stamp_revision", sa.BigInteger(), nullable=True),
        sa.Column("stamp_created", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["monitor_id"], ["health_monitors.id"], name="fk_pool_monitors_monitor_id"
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name="fk_pool_monitors_pool_id"),
        sa.PrimaryKeyConstraint("id", name="pk_pool_monitors"),
        sa.UniqueConstraint("pool_id", "monitor_id", name="uq_pool_monitors_pool_id_monitor_id"),
    )
    op.create_index("ix_pool_monitors_monitor_id", "pool_monitors", ["monitor_id"], unique=False)


def _subnets() -> None:
    op.create_table(
        "subnets",
        sa.Column("id", identity(), nullable=False),
        sa.Column("project_id", name(), nullable=False),
        sa.Column("network_id", identity(), nullable=False),
        sa.Column("name", name(), nullable=False),
        sa.Column("description", document(), nullable=False),
        sa.Column("cidr", text(64), nullable=False),
        sa.Column("gateway_ip", text(64), nullable=True),
        sa.Column("allocation_pools", document(), nullable=False),
        sa.Column("enable_dhcp", sa.Boolean(), nullable=False),
        sa.Column("dns_nameservers", document(), nullable=False),
        sa.Column("host_routes", document(), nullable=False),
        sa.Column("cursor", text(64), nullable=True),
        sa.ForeignKeyConstraint(["network_id"], ["networks.id"], name="fk_subnets_network_id"),
        sa.PrimaryKeyConstraint("id", name="pk_subnets"),
    )
    op.create_index("ix_subnets_network_id", "subnets", ["network_id"], unique=False)
    op.create_index("ix_subnets_project_id", "subnets", ["project_id"], unique=False)


def _claims() -> None:
    op.create_table(
        "claims",
        sa.Column("service_id", identity(), nullable=False),
        sa.Column("resource", name(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"], ["bindings.service_id"], name="fk_claims_service_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("service_id", "resource", name="pk_claims"),
    )


def _reservations() -> None:
    op.create_table(
        "reservations",
        sa.Column("id", identity(), nullable=False),
        sa.Column("subnet_id", identity(), nullable=False),
        sa.Column("address", text(64), nullable=False),
        sa.Column("owner", name(), nullable=False),
        sa.Column("reserved_at", moment(), nullable=False),
        sa.ForeignKeyConstraint(["subnet_id"], ["subnets.id"], name="fk_reservations_subnet_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reservations"),
        sa.UniqueConstraint("subnet_id", "address", name="uq_reservations_subnet_id_address"),
        sa.UniqueConstraint("subnet_id", "owner", name="uq_reservations_subnet_id_owner"),
    )
    op.create_index("ix_reservations_owner", "reservations", ["owner"], unique=False)


def _service_networks() -> None:
    op.create_table(
        "service_networks",
        sa.Column("service_id", identity(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("device_id", identity(), nullable=False),
        sa.Column("network_id", identity(), nullable=False),
        sa.Column("cidr", text(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["bindings.service_id"],
            name="fk_service_networks_service_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("service_id", "position", name="pk_service_networks"),
    )
    op.create_index(
        "ix_service_networks_device_id_network_id_cidr",
        "service_networks",
        ["device_id", "network_id", "cidr"],
        unique=False,
    )
