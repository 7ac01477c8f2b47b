"""What the scheduler needs: elastic pools, the fleet's feed, claims and networks in their bindings.

Every step can be taken again, for databases that keep the first half of a migration that
broke in the middle.
"""

import json
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

from adapters.persistence.sql.column_types import document, identity, moment, name, text

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _device_pools()
    _fleet()
    _devices()
    _decisions()
    _bindings()


def _device_pools() -> None:
    op.create_table(
        "device_pools",
        sa.Column("id", identity(), nullable=False),
        sa.Column("name", name(), nullable=False),
        sa.Column("description", document(), nullable=False),
        sa.Column("driver", name(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("maximum", sa.Integer(), nullable=False),
        sa.Column("spare", sa.Integer(), nullable=False),
        sa.Column("idle_seconds", moment(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("parameters", document(), nullable=False),
        sa.Column("limits", document(), nullable=False),
        sa.Column("zone", name(), nullable=True),
        sa.Column("labels", document(), nullable=False),
        sa.Column("sealed", document(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("status_reason", document(), nullable=False),
        sa.Column("grow_after", moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_device_pools"),
        sa.UniqueConstraint("name", name="uq_device_pools_name"),
        if_not_exists=True,
    )


def _fleet() -> None:
    op.create_table(
        "fleet_position",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("writer", text(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_fleet_position"),
        if_not_exists=True,
    )
    op.execute("DELETE FROM fleet_position")
    op.execute("INSERT INTO fleet_position (id, revision, writer) VALUES (1, 0, '')")
    op.create_table(
        "fleet_changes",
        sa.Column("device_id", identity(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", name="pk_fleet_changes"),
        if_not_exists=True,
    )
    _index("fleet_changes", "revision")


def _devices() -> None:
    _add_columns(
        "devices",
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("isolates_overlapping", sa.Boolean(), nullable=True),
        sa.Column("spawned", sa.Boolean(), nullable=True),
        sa.Column("spawned_at", moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=True),
        sa.Column("idle_since", moment(), nullable=True),
    )
    devices = sa.table("devices", *map(sa.column, ("id", "name", "number", "spawned", "attempts")))
    connection = op.get_bind()
    # When each was registered is not known.
    found = connection.execute(sa.select(devices.c.id).order_by(devices.c.name, devices.c.id))
    _update(
        sa.update(devices)
        .where(devices.c.id == sa.bindparam("device"))
        .values(number=sa.bindparam("place"), spawned=False, attempts=0),
        [{"device": row[0], "place": place} for place, row in enumerate(found, 1)],
    )
    with op.batch_alter_table("devices") as table:
        table.alter_column("number", existing_type=sa.BigInteger(), nullable=False)
        table.alter_column("spawned", existing_type=sa.Boolean(), nullable=False)
        table.alter_column("attempts", existing_type=sa.Integer(), nullable=False)
        if "uq_devices_number" not in _uniques("devices"):
            table.create_unique_constraint("uq_devices_number", ["number"])


def _decisions() -> None:
    _add_columns("decisions", sa.Column("fleet_revision", sa.BigInteger(), nullable=True))
    op.execute("UPDATE decisions SET fleet_revision = 0")
    with op.batch_alter_table("decisions") as table:
        table.alter_column("fleet_revision", existing_type=sa.BigInteger(), nullable=False)
    _index("decisions", "decided_at")
    _index("decisions", "service_id", "decided_at")
    op.drop_index("ix_decisions_service_id", "decisions", if_exists=True)


def _bindings() -> None:
    _add_columns(
        "bindings",
        sa.Column("project_id", name(), nullable=True),
        sa.Column("claims", document(), nullable=True),
        sa.Column("networks", document(), nullable=True),
    )
    if "claims" in _tables():
        _move_claims()
    if "service_networks" in _tables():
        _move_networks()
    with op.batch_alter_table("bindings") as table:
        table.alter_column("project_id", existing_type=name(), nullable=False)
        table.alter_column("claims", existing_type=document(), nullable=False)
        table.alter_column("networks", existing_type=document(), nullable=False)
    # First the new index: MariaDB keeps one that begins with what refers to another table.
    _index("bindings", "device_id", "project_id")
    op.drop_index("ix_bindings_device_id", "bindings", if_exists=True)
    op.drop_table("claims", if_exists=True)
    op.drop_table("service_networks", if_exists=True)


def _move_claims() -> None:
    claims = sa.table("claims", *map(sa.column, ("service_id", "resource", "amount")))
    services = sa.table("services", *map(sa.column, ("id", "project_id")))
    bindings = sa.table("bindings", *map(sa.column, ("service_id", "project_id", "claims")))
    connection = op.get_bind()
    taken: dict[str, dict[str, int]] = defaultdict(dict)
    for service_id, resource, amount in connection.execute(sa.select(claims)):
        taken[service_id][resource] = amount
    owners = sa.outerjoin(bindings, services, services.c.id == bindings.c.service_id)
    found = connection.execute(
        sa.select(bindings.c.service_id, services.c.project_id).select_from(owners)
    )
    _update(
        sa.update(bindings)
        .where(bindings.c.service_id == sa.bindparam("service"))
        .values(project_id=sa.bindparam("project"), claims=sa.bindparam("taken")),
        [
            {
                "service": service_id,
                "project": project_id or "",
                "taken": _json(taken[service_id]),
            }
            for service_id, project_id in found
        ],
    )


def _move_networks() -> None:
    names = ("service_id", "position", "network_id", "cidr")
    rows = sa.table("service_networks", *map(sa.column, names))
    bindings = sa.table("bindings", *map(sa.column, ("service_id", "networks")))
    connection = op.get_bind()
    needs: dict[str, list[dict[str, str]]] = defaultdict(list)
    in_order = sa.select(rows).order_by(rows.c.service_id, rows.c.position)
    for service_id, _, network_id, cidr in connection.execute(in_order):
        needs[service_id].append({"network_id": network_id, "cidr": cidr})
    found = connection.execute(sa.select(bindings.c.service_id)).fetchall()
    _update(
        sa.update(bindings)
        .where(bindings.c.service_id == sa.bindparam("service"))
        .values(networks=sa.bindparam("needed")),
        [{"service": row[0], "needed": _json(needs[row[0]])} for row in found],
    )


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _update(statement: sa.Update, rows: list[dict[str, Any]]) -> None:
    if rows:
        op.get_bind().execute(statement, rows)


def _add_columns(label: str, *columns: "sa.Column[Any]") -> None:
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(label)}
    for column in columns:
        if column.name not in known:
            op.add_column(label, column)


def _index(label: str, *columns: str) -> None:
    op.create_index(
        f"ix_{label}_{'_'.join(columns)}", label, list(columns), unique=False, if_not_exists=True
    )


def _uniques(label: str) -> set[str | None]:
    found = sa.inspect(op.get_bind()).get_unique_constraints(label)
    return {constraint["name"] for constraint in found}


def _tables() -> list[str]:
    return sa.inspect(op.get_bind()).get_table_names()
