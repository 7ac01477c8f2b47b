"""Each role names the first setting that is missing or makes no sense, and asks for no more."""

from pathlib import Path

import msgspec
import pytest

from pierhead.errors import StartupError
from pierhead.requirements import Role, check
from pierhead.settings import Settings

SERVERS = (Role.API, Role.CONDUCTOR)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.key"
    path.write_text("key")
    path.chmod(0o600)
    return path


@pytest.fixture
def complete(key: Path) -> Settings:
    return Settings(
        database_url="postgresql://me@db/p", amqp_url=("amqp://mq",), secret_key_file=str(key)
    )


def refusal(role: Role, settings: Settings, **changes: object) -> str:
    with pytest.raises(StartupError) as error:
        check(role, msgspec.structs.replace(settings, **changes))
    return str(error.value)


@pytest.mark.parametrize("role", Role)
def test_what_is_complete_is_accepted(role, complete):
    check(role, complete)


def test_an_agent_needs_the_bus_and_nothing_else(complete):
    check(Role.AGENT, Settings(amqp_url=("amqps://mq",)))
    assert "amqp_url is not set" in refusal(Role.AGENT, Settings())


@pytest.mark.parametrize("role", SERVERS)
@pytest.mark.parametrize("name", ["database_url", "amqp_url", "secret_key_file"])
def test_what_is_missing_is_named(role, complete, name):
    empty = () if name == "amqp_url" else ""
    assert refusal(role, complete, **{name: empty}).startswith(f"{name} is not set: ")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"database_url": "sqlite:////p.db"}, "'sqlite' is none of postgresql, mysql, mariadb;"),
        ({"database_url": "oracle://db/p"}, "'oracle' is none of postgresql, mysql, mariadb"),
        ({"database_url": "db.example"}, "database_url is no URL"),
        ({"database_url": "postgresql://db:port/p"}, "database_url is no URL"),
        ({"database_ca_file": "/no/ca.pem"}, "database_ca_file: /no/ca.pem: No such file"),
        ({"database_password_file": "/no/pw"}, "database_password_file: /no/pw: No such file"),
        ({"amqp_url": ("amqp://mq", "http://mq")}, "amqp_url: 'http' is none of amqp, amqps"),
        ({"amqp_url": ("mq.example",)}, "amqp_url is no URL"),
        ({"amqp_password_file": "/no/pw"}, "amqp_password_file: /no/pw: No such file"),
        ({"amqp_ca_file": "/no/ca.pem"}, "amqp_ca_file is for an amqp_url that begins with amqps"),
        ({"drivers": ()}, "drivers is empty"),
        ({"secret_key_file": "/no/key"}, "secret_key_file: /no/key: No such file"),
        ({"bus_key_file": "/no/key"}, "bus_key_file: /no/key: No such file"),
    ],
)
def test_what_makes_no_sense_is_named(complete, changes, words):
    assert words in refusal(Role.CONDUCTOR, complete, **changes)


def test_a_missing_certificate_of_the_bus_is_named(complete):
    changes = {"amqp_url": ("amqps://mq",), "amqp_ca_file": "/no/ca.pem"}
    assert refusal(Role.AGENT, complete, **changes).startswith("amqp_ca_file: /no/ca.pem: No such")


def test_a_key_that_everyone_can_read_is_refused(complete, key):
    key.chmod(0o604)
    assert "can be read by everyone" in refusal(Role.API, complete)


@pytest.mark.parametrize("role", [Role.CONDUCTOR, Role.AGENT])
def test_the_key_of_the_bus_is_private_too(role, complete, tmp_path):
    bus_key = tmp_path / "bus.key"
    bus_key.write_text("key")
    bus_key.chmod(0o604)
    changes = {"bus_key_file": str(bus_key)}
    assert f"bus_key_file: {bus_key} can be read by everyone" in refusal(role, complete, **changes)


def test_an_api_seals_nothing_and_needs_no_key_of_the_bus(complete):
    check(Role.API, msgspec.structs.replace(complete, bus_key_file="/no/key"))
