"""Servers and databases for tests: one server of each kind for each process that runs tests."""

import secrets
from collections.abc import Iterator

import pika
import pytest

from adapters.messaging.amqp.topology import Topology
from adapters.persistence.sql import open_sql_store
from adapters.persistence.sql.engine import open_engine
from adapters.persistence.sql.tables import METADATA, fleet_position, write_lock
from tests.adapters.persistence.neighbours import add_neighbours
from tests.servers.mariadb import MariaDb, mariadb
from tests.servers.postgres import Postgres, postgres
from tests.servers.rabbitmq import RabbitMq, rabbitmq

SERVERS = [pytest.param(name, marks=pytest.mark.slow) for name in ("postgresql", "mariadb")]
"""Parameters of tests that run on each server, which takes seconds to start."""


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDb]:
    with mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[RabbitMq]:
    with rabbitmq() as server:
        yield server


@pytest.fixture
def rabbitmq_url(rabbitmq_server: RabbitMq) -> str:
    """The AMQP URL of a server that runs; see `rabbitmq_prefix`."""
    return rabbitmq_server.url


@pytest.fixture
def rabbitmq_prefix(rabbitmq_url: str) -> Iterator[str]:
    """A prefix of the names of queues with which a test has the server to itself."""
    topology = Topology(f"test-{secrets.token_hex(4)}")
    yield topology.prefix
    with pika.BlockingConnection(pika.URLParameters(rabbitmq_url)) as connection:
        channel = connection.channel()
        for queue in (topology.reports, topology.greetings, topology.dead):
            channel.queue_delete(queue)


@pytest.fixture(scope="session")
def postgresql_tables(postgresql_server: Postgres) -> str:
    """The URL of a database with the tables, and other programs', which `emptied` makes fit for
    a test."""
    return _with_tables(postgresql_server)


@pytest.fixture(scope="session")
def mariadb_tables(mariadb_server: MariaDb) -> str:
    """The URL of a database with the tables, and other programs', which `emptied` makes fit for
    a test."""
    return _with_tables(mariadb_server)


@pytest.fixture
def postgresql_url(postgresql_tables: str) -> str:
    """A PostgreSQL database with the tables, empty."""
    return emptied(postgresql_tables)


@pytest.fixture
def mariadb_url(mariadb_tables: str) -> str:
    """A MariaDB database with the tables, empty."""
    return emptied(mariadb_tables)


def emptied(url: str) -> str:
    """The database as its migrations left it."""
    engine = open_engine(url)
    with engine.begin() as connection:
        for table in reversed(METADATA.sorted_tables):
            if table is fleet_position:
                connection.exec_driver_sql(
                    "UPDATE pierhead_fleet_position SET revision = 0, writer = ''"
                )
            elif table is not write_lock:
                connection.exec_driver_sql(f"DELETE FROM {table.name}")
    engine.dispose()
    return url


def _with_tables(server: Postgres | MariaDb) -> str:
    url = server.create("tables")
    engine = open_engine(url)
    add_neighbours(engine)
    engine.dispose()
    open_sql_store(url).close()
    return url
