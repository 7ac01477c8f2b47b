"""What a claim changes is in no index, and has room to change where it is.

PostgreSQL writes no new entry into any index for a row that stays on its page and of which nothing
changed that is in one. The number of a network's users was in one, for the few without users.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_NETWORKS = "pierhead_device_networks"
_COUNTERS = "pierhead_device_counters"
_INDEX = f"ix_{_NETWORKS}_idle"
_FORMER = f"ix_{_NETWORKS}_users"


def upgrade() -> None:
    connection = op.get_bind()
    known = {column["name"] for column in sa.inspect(connection).get_columns(_NETWORKS)}
    if "idle" not in known:
        op.add_column(_NETWORKS, sa.Column("idle", sa.Boolean(), nullable=True))
    networks = sa.table(_NETWORKS, sa.column("users"), sa.column("idle"))
    connection.execute(sa.update(networks).where(networks.c.users == 0).values(idle=True))
    there = sa.text("idle IS NOT NULL")
    op.create_index(
        _INDEX,
        _NETWORKS,
        ["idle"],
        unique=False,
        if_not_exists=True,
        postgresql_where=there,
        sqlite_where=there,
    )
    op.drop_index(_FORMER, _NETWORKS, if_exists=True)
    if connection.dialect.name == "postgresql":
        for table in (_NETWORKS, _COUNTERS):
            op.execute(f"ALTER TABLE {table} SET (fillfactor = 80)")
