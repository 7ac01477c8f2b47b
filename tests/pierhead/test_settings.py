"""Settings come from defaults, file, environment and command line, the later over the earlier."""

from pathlib import Path

import pytest

from pierhead.errors import StartupError
from pierhead.settings import Settings, load


def test_defaults_listen_on_loopback_only():
    settings = load(None, {"XDG_STATE_HOME": "/state"}, {})
    assert (settings.host, settings.port) == ("127.0.0.1", 9797)
    assert settings.state_path == Path("/state/pierhead")


def test_later_sources_win(tmp_path):
    file = tmp_path / "pierhead.toml"
    file.write_text('host = "127.0.0.2"\nport = 1\nhttp_threads = 3\ndrivers = ["memory"]\n')
    settings = load(file, {"PIERHEAD_PORT": "2", "PIERHEAD_HTTP_THREADS": "4"}, {"port": 5})
    assert (settings.host, settings.port, settings.http_threads) == ("127.0.0.2", 5, 4)
    assert settings.drivers == ("memory",)


def test_an_option_that_was_not_given_changes_nothing():
    assert load(None, {"PIERHEAD_PORT": "2"}, {"port": None}).port == 2


def test_drivers_from_the_environment_are_separated_by_commas():
    assert load(None, {"PIERHEAD_DRIVERS": "haproxy,memory"}, {}).drivers == ("haproxy", "memory")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("prot = 1", "prot is no setting; did you mean port?"),
        ("zebra = 1", "zebra is no setting"),
        ('port = "many"', "port: expected int, got str"),
        ("port = 70000", "port: expected int <= 65535"),
        ("observe_seconds = 0", "observe_seconds: expected float >= 0.1"),
        ('agent_id = "a b"', "agent_id: expected str matching regex '^[A-Za-z0-9._-]{0,64}$'"),
        ('wiring = "string"', "wiring: invalid enum value 'string'"),
    ],
)
def test_a_wrong_file_names_what_is_wrong(tmp_path, text, named):
    file = tmp_path / "pierhead.toml"
    file.write_text(text)
    with pytest.raises(StartupError) as refusal:
        load(file, {}, {})
    assert str(refusal.value) == f"configuration file {file}: {named}"


def test_a_file_that_is_no_toml_is_refused_with_the_place(tmp_path):
    file = tmp_path / "pierhead.toml"
    file.write_text("host = 1 2")
    with pytest.raises(StartupError, match=r"line 1, column 10"):
        load(file, {}, {})


def test_a_wrong_value_elsewhere_names_the_variable_or_the_option():
    with pytest.raises(StartupError, match=r"^PIERHEAD_PORT: expected int"):
        load(None, {"PIERHEAD_PORT": "many"}, {})
    with pytest.raises(StartupError, match=r"^--port: expected int >= 0"):
        load(None, {}, {"port": -1})


def test_lists_can_be_written_as_one_text(tmp_path):
    file = tmp_path / "pierhead.toml"
    file.write_text('amqp_url = "amqp://mq1, amqp://mq2"\nagent_zones = ["east"]\n')
    settings = load(file, {"PIERHEAD_DRIVERS": "memory,,haproxy"}, {})
    assert settings.amqp_url == ("amqp://mq1", "amqp://mq2")
    assert settings.agent_zones == ("east",)
    assert settings.drivers == ("memory", "haproxy")


@pytest.mark.parametrize(
    "line",
    [
        'database_url = "postgresql://me:hush@db/p"',
        'database_url = "postgresql://me@/p?host=db&password=hush"',
        'amqp_url = ["amqp://mq1", "amqp://me:hush@mq2"]',
        'amqp_url = "amqp://mq1,amqp://me:hush@mq2"',
    ],
)
def test_a_file_with_a_password_must_not_be_for_everyone(tmp_path, line):
    file = tmp_path / "pierhead.toml"
    file.write_text(line)
    file.chmod(0o644)
    with pytest.raises(StartupError, match="holds a password and can be read by everyone") as error:
        load(file, {}, {})
    assert "hush" not in str(error.value)
    file.chmod(0o640)
    assert load(file, {}, {})


def test_a_file_without_a_password_may_be_for_everyone(tmp_path):
    file = tmp_path / "pierhead.toml"
    file.write_text('database_url = "postgresql://me@db/p"\namqp_url = "amqp://mq"\n')
    file.chmod(0o644)
    assert load(file, {}, {}).database_address() == "postgresql://me@db/p"


def secret(tmp_path: Path, text: str, mode: int = 0o600) -> str:
    file = tmp_path / "password"
    file.write_text(text)
    file.chmod(mode)
    return str(file)


def test_passwords_come_from_files(tmp_path):
    file = secret(tmp_path, "a:b/c@d e\n")
    settings = Settings(
        database_url="postgresql://me@db:5433/p?sslmode=require",
        database_password_file=file,
        amqp_password_file=file,
    )
    assert (
        settings.database_address() == "postgresql://me:a%3Ab%2Fc%40d%20e@db:5433/p?sslmode=require"
    )
    assert settings.amqp_password() == "a:b/c@d e"
    assert Settings().amqp_password() is None


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("postgresql", "sslmode=verify-full&sslrootcert=%2Fca.pem"),
        ("postgresql+psycopg", "sslmode=verify-full&sslrootcert=%2Fca.pem"),
        ("mariadb", "ssl_ca=%2Fca.pem"),
        ("mysql+pymysql", "ssl_ca=%2Fca.pem"),
    ],
)
def test_a_database_must_prove_itself_by_the_certificates(kind, query):
    settings = Settings(database_url=f"{kind}://me@/p?host=a&host=b", database_ca_file="/ca.pem")
    assert settings.database_address() == f"{kind}://me@/p?host=a&host=b&{query}"


def test_what_the_url_says_of_certificates_goes_before(tmp_path):
    settings = Settings(
        database_url="postgresql://me@db/p?sslmode=verify-ca", database_ca_file="/ca.pem"
    )
    assert settings.database_address().endswith("?sslmode=verify-ca&sslrootcert=%2Fca.pem")


@pytest.mark.parametrize(
    ("url", "text", "mode", "named"),
    [
        ("postgresql://me@db/p", "hush", 0o644, "can be read by everyone: chmod o-rwx it"),
        ("postgresql://me@db/p", "\n", 0o600, "is empty"),
        ("postgresql://me:x@db/p", "hush", 0o600, "database_url has a password, and"),
        ("postgresql://db/p", "hush", 0o600, "database_url names no user"),
        ("postgresql://me@[db/p", "hush", 0o600, "database_url is no URL"),
    ],
)
def test_a_password_file_that_cannot_be_used_is_named(tmp_path, url, text, mode, named):
    file = secret(tmp_path, text, mode)
    with pytest.raises(StartupError, match=named) as error:
        Settings(database_url=url, database_password_file=file).database_address()
    assert "hush" not in str(error.value)


def test_a_password_file_that_is_not_there_is_named(tmp_path):
    gone = tmp_path / "gone"
    with pytest.raises(StartupError, match=r"^amqp_password_file: .*gone: No such file"):
        Settings(amqp_password_file=str(gone)).amqp_password()
    with pytest.raises(StartupError, match=r"is no file$"):
        Settings(amqp_password_file=str(tmp_path)).amqp_password()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StartupError, match=r"nowhere\.toml: No such file"):
        load(tmp_path / "nowhere.toml", {}, {})
