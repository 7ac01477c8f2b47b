"""Making the tables and bringing them up to date."""

import logging
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from adapters.persistence.sql.engine import begin, for_writing

VERSION_TABLE = "pierhead_alembic_version"
HEAD = "0001"
"""The newest migration."""

_TURN = "pierhead_migrations"
_TURN_SECONDS = 600


class UnknownVersion(Exception):
    """The database was made by a Pierhead that knows migrations that this one does not."""


def upgrade(engine: Engine) -> None:
    """Bring the database to HEAD, in one transaction where the database can.

    Raises UnknownVersion.
    """
    found = _version(engine)
    if found == HEAD:
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
        begin(connection)
        _take_turn(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def _take_turn(connection: Connection) -> None:
    """Wait for other processes that migrate, where no transaction holds them off."""
    if connection.dialect.name in ("mysql", "mariadb"):
        # What is taken here ends with the connection, which must not live on in the pool.
        connection.detach()
        turn = {"turn": _TURN, "seconds": _TURN_SECONDS}
        connection.execute(text("SELECT GET_LOCK(:turn, :seconds)"), turn)


def _version(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            statement = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  # a constant
            return connection.execute(statement).scalar()
    except DBAPIError:
        # There is no table yet; a database that is out of reach says so when it is made.
        return None
