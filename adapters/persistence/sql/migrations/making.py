"""Making all tables at once, in a database that has none of them."""

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    text,
)

from adapters.persistence.sql.tables import METADATA, fleet_position, write_lock

VERSION_TABLE = "pierhead_alembic_version"
_VERSION = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)
"""As Alembic makes it."""


class ForeignTables(Exception):
    """The database has tables with our names that we did not make."""


def has_foreign_tables(engine: Engine) -> bool:
    """Whether there are tables with names of ours that we neither made nor are making."""
    found = set(inspect(engine).get_table_names())
    return VERSION_TABLE not in found and not found.isdisjoint(METADATA.tables)


def make_tables(connection: Connection, version: str) -> None:
    """Make all tables of this version. What is left of an attempt that broke in the middle,
    where tables are not made inside a transaction, is removed first.

    Raises ForeignTables.
    """
    found = set(inspect(connection).get_table_names())
    ours = sorted(found.intersection(METADATA.tables))
    is_broken = VERSION_TABLE in found and connection.dialect.name in ("mysql", "mariadb")
    if ours and not is_broken:
        raise ForeignTables(f"has tables of something else: {', '.join(ours)}")
    if is_broken:
        _remove(connection, ours)
    # It comes first, and tells whoever comes next that the others are ours.
    _VERSION.create(connection, checkfirst=True)
    METADATA.create_all(connection, checkfirst=False)
    connection.execute(insert(write_lock), {"id": 1})
    connection.execute(insert(fleet_position), {"id": 1, "revision": 0, "writer": ""})
    connection.execute(insert(_VERSION), {"version_num": version})


def found_version(connection: Connection) -> str | None:
    """The version of the tables; None: there are none, or not all of them."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(_VERSION.select()).scalar()
    return found


def _remove(connection: Connection, tables: list[str]) -> None:
    connection.execute(text("SET FOREIGN_KEY_CHECKS = 0"))
    for table in tables:
        connection.execute(text(f"DROP TABLE {table}"))
    connection.execute(text("SET FOREIGN_KEY_CHECKS = 1"))
