"""Making the tables and bringing them up to date."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text

from adapters.persistence.sql.engine import begin, for_writing, lift_limits
from adapters.persistence.sql.migrations.making import found_version, make_tables
from core.ports.store import StoreFailure

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0006"
"""The newest migration."""

_TURN = "pierhead_migrations"
_TURN_SECONDS = 600


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
        return found_version(connection)


def status(engine: Engine) -> SchemaStatus:
    """How the tables stand."""
    found = current(engine)
    return SchemaStatus(current=found, wanted=HEAD, pending=_pending(found, HEAD))


def upgrade(engine: Engine, target: str = HEAD) -> tuple[Migration, ...]:
    """Bring the database to `target`, in one transaction where the database can; what was
    done. One without tables gets those of HEAD at once: earlier versions had names that another
    program's tables may have.

    Raises UnknownVersion and ForeignTables.
    """
    if _checked(current(engine)) == target:
        return ()
    with for_writing(engine).connect() as connection:
        _set_apart(connection)
        begin(connection)
        _take_turn(connection)
        # Another process may have been faster, with a newer Pierhead even.
        found = _checked(found_version(connection))
        done = _pending(found, target)
        if found is None and target == HEAD:
            make_tables(connection, HEAD)
        else:
            _migrate(connection, target)
        connection.commit()
    return done


def _migrate(connection: Connection, target: str) -> None:
    # Alembic takes a quarter of a second to import, which a current database need not pay.
    from alembic import command  # noqa: PLC0415

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, target)


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
    if found is None and target == HEAD:
        return (Migration(HEAD, "All tables at once."),)
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
