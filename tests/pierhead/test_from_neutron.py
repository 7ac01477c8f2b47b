"""What settings leave out is taken from Neutron's configuration, for what a role needs."""

from pathlib import Path

import pytest

from pierhead.errors import StartupError
from pierhead.requirements import Role, completed
from pierhead.settings import Settings, load

NEUTRON = """
[DEFAULT]
transport_url = rabbit://me:hush@mq:5672/v
[database]
connection = postgresql+psycopg2://me:hush@db/neutron
"""
DATABASE = "postgresql+psycopg://me:hush@db/neutron"
BUS = ("amqp://me:hush@mq:5672/v",)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "neutron.conf"
    path.write_text(NEUTRON)
    return str(path)


@pytest.mark.parametrize("role", [Role.API, Role.CONDUCTOR])
def test_servers_take_the_database_and_the_bus(role, file):
    found = completed(role, Settings(neutron_conf=(file,)))
    assert (found.database_url, found.amqp_url) == (DATABASE, BUS)


def test_an_agent_takes_the_bus(file):
    found = completed(Role.AGENT, Settings(neutron_conf=(file,)))
    assert (found.database_url, found.amqp_url) == ("", BUS)


def test_what_is_set_stays_and_is_not_looked_for(file):
    settings = Settings(neutron_conf=(file,), amqp_url=("amqp://other",))
    found = completed(Role.API, settings)
    assert (found.database_url, found.amqp_url) == (DATABASE, ("amqp://other",))
    elsewhere = Settings(neutron_conf=("/no/neutron.conf",), amqp_url=("amqp://other",))
    assert completed(Role.AGENT, elsewhere) is elsewhere


def test_without_files_nothing_is_taken():
    assert completed(Role.API, Settings()) == Settings()


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(StartupError, match=r"/no/neutron\.conf"):
        completed(Role.API, Settings(neutron_conf=("/no/neutron.conf",)))


def test_files_may_be_one_text_with_commas():
    settings = load(None, {"PIERHEAD_NEUTRON_CONF": "/a.conf, /b.conf"}, {})
    assert settings.neutron_conf == ("/a.conf", "/b.conf")
