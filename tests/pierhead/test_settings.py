"""Settings come from defaults, file, environment and command line, the later over the earlier."""

from pathlib import Path

import pytest

from pierhead.errors import StartupError
from pierhead.settings import load


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
        ("prot = 1", "prot"),
        ('port = "many"', "port"),
        ("port = 70000", "port"),
        ("observe_seconds = 0", "observe_seconds"),
        ("host = ", "Invalid value"),
    ],
)
def test_a_wrong_file_names_what_is_wrong(tmp_path, text, named):
    file = tmp_path / "pierhead.toml"
    file.write_text(text)
    with pytest.raises(StartupError, match=named):
        load(file, {}, {})


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(StartupError, match=r"nowhere\.toml: No such file"):
        load(tmp_path / "nowhere.toml", {}, {})
