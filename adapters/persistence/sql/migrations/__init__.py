"""Making the tables and bringing them up to date."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from adapters.persistence.sql.engine import begin, for_writing, lift_limits
from adapters.persistence.sql.tables import METADATA
from core.ports.store import StoreFailure

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE = "pierhead_alembic_version"
HEAD = "0003"
"""The newest migration."""

_TURN = "pierhead_migrations"
_TURN_SECONDS = 600


_FORMER = ("claims", "service_networks")
"""Tables of earlier versions."""


class ForeignTables(Exception):
    """The database has tables with our names that we did not make."""


class UnknownVersion(Exception):
    """The database was made by a Pierhead that knows migrations that this one does not."""

    def __init__(self, version: str) -> None:
        super().__init__(f"is of a newer version ({version}); this Pierhead knows {HEAD}")
        self.version = version


class Busy(StoreFailure):
    """Another process has been migrating the database for very long."""


@dataclass(frozen=True, slots=True)
class Migration:
    """A step from one version of the tables to the next, whose number is `version`."""

    version: str
    description: str


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """The version of the tables (None: there are none), the one that is wanted, and the
    migrations between them, in order."""

    current: str | None
    wanted: str
    pending: tuple[Migration, ...]


def current(engine: Engine) -> str | None:
    """The version of the tables, None: there are none. Raises what the database says when it
    cannot be reached."""
    with engine.connect() as connection:
        return _version(connection)


def status(engine: Engine) -> SchemaStatus:
    """How the tables stand."""
    found = current(engine)
    return SchemaStatus(current=found, wanted=HEAD, pending=_pending(found, HEAD))


def has_foreign_tables(engine: Engine) -> bool:
    """Whether a database without our version has tables with names of ours."""
    return not METADATA.tables.keys().isdisjoint(inspect(engine).get_table_names())


def upgrade(engine: Engine, target: str = HEAD) -> tuple[Migration, ...]:
    """Bring the database to `target`, in one transaction where the database can; what was
    done.

    Raises UnknownVersion and ForeignTables.
    """
    if _checked(current(engine)) == target:
        return ()
    # Alembic takes a quarter of a second to import, which a current database need not pay.
    from alembic import command  # noqa: PLC0415

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = _config()
    with for_writing(engine).connect() as connection:
        _set_apart(connection)
        begin(connection)
        _take_turn(connection)
        _clear_up(connection)
        # Another process may have been faster, with a newer Pierhead even.
        done = _pending(_checked(_version(connection)), target)
        config.attributes["connection"] = connection
        command.upgrade(config, target)
        connection.commit()
    return done


def _checked(found: str | None) -> str | None:
    # Versions are numbers with leading zeros.
    if found is not None and found > HEAD:
        raise UnknownVersion(found)
    return found


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _pending(found: str | None, target: str) -> tuple[Migration, ...]:
    if found is not None and found >= target:
        return ()
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    scripts = ScriptDirectory.from_config(_config()).walk_revisions("base", target)
    newer = [
        Migration(one.revision, one.doc) for one in scripts if found is None or one.revision > found
    ]
    return tuple(reversed(newer))


def _set_apart(connection: Connection) -> None:
    """Make the connection one for migrations, which must not live on in the pool."""
    connection.detach()
    lift_limits(connection)
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
        if not connection.execute(text("SELECT GET_LOCK(:turn, :seconds)"), turn).scalar():
            raise Busy("another process has been changing the tables for very long")


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


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    statement = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  # a constant
    found: str | None = connection.execute(statement).scalar()
    return found
