"""What many processes need: agents that hold devices, wiring by one at a time, quick counts.

Every step can be taken again, for databases that keep the first half of a migration that
broke in the middle.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from adapters.persistence.sql.column_types import document, moment, name

revision = "0003"
down_revision = "0002"

_HEARTBEAT = 10.0


def upgrade() -> None:
    _add(
        "devices",
        (sa.Column("agent_group", name(), nullable=False), "default"),
        (sa.Column("agent_id", name(), nullable=True), None),
        (sa.Column("epoch", sa.BigInteger(), nullable=False), 0),
        (sa.Column("probed_epoch", sa.BigInteger(), nullable=False), 0),
        (sa.Column("releasing", sa.Boolean(), nullable=False), False),
    )
    _index("devices", "agent_id")
    _add(
        "agents",
        (sa.Column("incarnation", name(), nullable=False), ""),
        (sa.Column("group", name(), nullable=False), "default"),
        (sa.Column("zones", document(), nullable=False), "[]"),
        (sa.Column("heartbeat", moment(), nullable=False), _HEARTBEAT),
        (sa.Column("floor", sa.BigInteger(), nullable=False), 0),
        (sa.Column("leaving", sa.Boolean(), nullable=False), False),
        (sa.Column("lost", sa.Boolean(), nullable=False), False),
    )
    _drop("agents", "devices")
    _add(
        "services",
        (sa.Column("changed_at", moment(), nullable=True), None),
        (sa.Column("traceparent", name(), nullable=True), None),
    )
    _index("services", "status", where="status <> 'ACTIVE'")
    _add("device_networks", (sa.Column("wiring_until", moment(), nullable=True), None))
    op.drop_index("ix_device_networks_users", "device_networks", if_exists=True)
    _index("device_networks", "users", where="users = 0")


def _drop(label: str, gone: str) -> None:
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(label)}
    if gone in known:
        with op.batch_alter_table(label) as batch:
            batch.drop_column(gone)


def _add(label: str, *columns: "tuple[sa.Column[Any], Any]") -> None:
    """Add columns, each with the value that it has in rows that are there."""
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(label)}
    values = {}
    for column, value in columns:
        if column.name not in known:
            op.add_column(label, sa.Column(column.name, column.type, nullable=True))
        if not column.nullable:
            values[column.name] = value
    if not values:
        return
    table = sa.table(label, *map(sa.column, values))
    op.get_bind().execute(sa.update(table).values(values))
    with op.batch_alter_table(label) as batch:
        for column, _ in columns:
            if not column.nullable:
                batch.alter_column(column.name, existing_type=column.type, nullable=False)


def _index(label: str, *columns: str, where: str | None = None) -> None:
    partial = None if where is None else sa.text(where)
    op.create_index(
        f"ix_{label}_{'_'.join(columns)}",
        label,
        list(columns),
        unique=False,
        if_not_exists=True,
        postgresql_where=partial,
        sqlite_where=partial,
    )
