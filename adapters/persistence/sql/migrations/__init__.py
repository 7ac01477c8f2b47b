"""Making the tables and bringing them up to date."""

import logging
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from adapters.persistence.sql.engine import begin, for_writing
from adapters.persistence.sql.tables import METADATA

VERSION_TABLE = "pierhead_alembic_version"
HEAD = "0002"
"""The newest migration."""

_TURN = "pierhead_migrations"
_TURN_SECONDS = 600


_FORMER = ("claims", "service_networks")
"""Tables of earlier versions."""


class ForeignTables(Exception):
    """The database has tables with our names that we did not make."""


class UnknownVersion(Exception):
    """The database was made by a Pierhead that knows migrations that this one does not."""


def upgrade(engine: Engine, target: str = HEAD) -> None:
    """Bring the database to `target`, in one transaction where the database can.

    Raises UnknownVersion and ForeignTables.
    """
    found = _version(engine)
    if found == target:
        return
    # Versions are numbers with leading zeros.
    if found is not None and found > HEAD:
        raise UnknownVersion(f"is of a newer version ({found}); this Pierhead knows {HEAD}")
    # Alembic takes a quarter of a second to import, which a current database need not pay.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with for_writing(engine).connect() as connection:
        _set_apart(connection)
        begin(connection)
        _take_turn(connection)
        _clear_up(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, target)
        connection.commit()


def _set_apart(connection: Connection) -> None:
    """Make the connection one for migrations, which must not live on in the pool."""
    connection.detach()
    if connection.dialect.name == "sqlite":
        # Tables are changed by making them anew; what refers to the old one must not go along.
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.close()


def _take_turn(connection: Connection) -> None:
    """Wait for other processes that migrate, where no transaction holds them off."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:turn))"), {"turn": _TURN})
    if connection.dialect.name in ("mysql", "mariadb"):
        turn = {"turn": _TURN, "seconds": _TURN_SECONDS}
        connection.execute(text("SELECT GET_LOCK(:turn, :seconds)"), turn)


def _clear_up(connection: Connection) -> None:
    """Remove what is left of a first migration that broke in the middle, where tables are not
    made inside a transaction. Raises ForeignTables."""
    if connection.dialect.name not in ("mysql", "mariadb"):
        return
    inspector = inspect(connection)
    tables = set(inspector.get_table_names())
    if VERSION_TABLE not in tables:
        ours = tables.intersection(METADATA.tables)
        if ours:
            raise ForeignTables(f"has tables of something else: {', '.join(sorted(ours))}")
        return
    if connection.execute(text(f"SELECT COUNT(*) FROM {VERSION_TABLE}")).scalar():  # noqa: S608  # a constant
        return
    connection.execute(text("SET FOREIGN_KEY_CHECKS = 0"))
    for table in tables.intersection({*METADATA.tables, *_FORMER}):
        connection.execute(text(f"DROP TABLE {table}"))
    connection.execute(text("SET FOREIGN_KEY_CHECKS = 1"))


def _version(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            statement = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  # a constant
            return connection.execute(statement).scalar()
    except DBAPIError:
        # There is no table yet; a database that is out of reach says so when it is made.
        return None
