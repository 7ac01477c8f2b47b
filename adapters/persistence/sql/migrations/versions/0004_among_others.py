"""What other programs' databases need: names that are ours alone; devices' wiring, VLANs.

Every step can be taken again, for databases that keep the first half of a migration that
broke in the middle.
"""

import sqlalchemy as sa
from alembic import op

from adapters.persistence.sql.column_types import document

revision = "0004"
down_revision = "0003"

_PREFIX = "pierhead_"
_TABLES = (
    "agents",
    "bindings",
    "decisions",
    "device_counters",
    "device_networks",
    "device_pools",
    "devices",
    "fleet_changes",
    "fleet_position",
    "health_monitors",
    "listeners",
    "load_balancers",
    "members",
    "networks",
    "observations",
    "pool_monitors",
    "pools",
    "reservations",
    "service_types",
    "services",
    "subnets",
    "write_lock",
)
_VIRTUAL = '{"host":null,"kind":"virtual","trunk_id":null}'


def upgrade() -> None:
    there = set(_inspector().get_table_names())
    for table in there.intersection(_TABLES):
        op.rename_table(table, _PREFIX + table)
    _devices()
    _networks()
    for table in _TABLES:
        for index in _inspector().get_indexes(_PREFIX + table):
            _rename(_PREFIX + table, str(index["name"]))


def _devices() -> None:
    table = f"{_PREFIX}devices"
    columns = {"wiring": _VIRTUAL, "unwirable": ""}
    for name in columns.keys() - _columns(table):
        op.add_column(table, sa.Column(name, document(), nullable=True))
    devices = sa.table(table, *map(sa.column, columns))
    op.get_bind().execute(sa.update(devices).values(columns))
    with op.batch_alter_table(table) as batch:
        for name in columns:
            batch.alter_column(name, existing_type=document(), nullable=False)


def _networks() -> None:
    table, column = f"{_PREFIX}networks", "segmentation_id"
    if column not in _columns(table):
        op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))
    constraint = "uq_networks_segmentation_id"
    if constraint not in {one["name"] for one in _inspector().get_unique_constraints(table)}:
        with op.batch_alter_table(table) as batch:
            batch.create_unique_constraint(constraint, [column])


def _rename(table: str, index: str) -> None:
    """Put the prefix into the name of an index that has none."""
    wanted = index.replace("ix_", f"ix_{_PREFIX}", 1)
    if not index.startswith("ix_") or index.startswith(f"ix_{_PREFIX}"):
        return
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute(f"ALTER INDEX {index} RENAME TO {wanted}")
    elif connection.dialect.name == "sqlite":
        made_by = sa.text("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = :name")
        statement = connection.execute(made_by, {"name": index}).scalar_one()
        op.drop_index(index)
        op.execute(statement.replace(index, wanted, 1))
    else:
        op.execute(f"ALTER TABLE {table} RENAME INDEX {index} TO {wanted}")


def _columns(table: str) -> set[str]:
    return {column["name"] for column in _inspector().get_columns(table)}


def _inspector() -> sa.Inspector:
    return sa.inspect(op.get_bind())
