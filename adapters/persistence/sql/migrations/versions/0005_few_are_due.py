"""Services that are settled stay out of the indexes of what is to be done.

Each change of a service is a new entry in every index that has it, and most are settled. MariaDB
knows no indexes of some rows, and keeps those that it has.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_TABLE = "pierhead_services"


def upgrade() -> None:
    if op.get_bind().dialect.name in ("mysql", "mariadb"):
        return
    for column in ("due_at", "cause"):
        index, there = f"ix_{_TABLE}_{column}", sa.text(f"{column} IS NOT NULL")
        op.drop_index(index, _TABLE, if_exists=True)
        op.create_index(
            index, _TABLE, [column], unique=False, postgresql_where=there, sqlite_where=there
        )
