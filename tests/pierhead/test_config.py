"""`pierhead config` shows what holds, and no secret."""

import json
from pathlib import Path

import pytest

import pierhead.main  # noqa: F401  # registers the command
from adapters.cli.app import outcome


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pierhead.toml"
    path.write_text(
        'database_url = "postgresql://me:hush@db/p?password=hush"\n'
        'amqp_url = ["amqp://me:hush@mq1", "amqp://mq2"]\nport = 1\n'
    )
    path.chmod(0o600)
    return path


def test_what_holds_is_printed_as_toml_without_secrets(file, capsys, monkeypatch):
    monkeypatch.setenv("PIERHEAD_PORT", "2")
    assert outcome(["config", "--config", str(file)]) == 0
    out = capsys.readouterr().out
    assert "hush" not in out
    assert 'database_url = "postgresql://me:***@db/p?password=***"' in out.splitlines()
    assert "port = 2" in out.splitlines()
    assert 'drivers = ["haproxy"]' in out.splitlines()


def test_programs_get_json(file, capsys):
    assert outcome(["config", "--config", str(file), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["amqp_url"] == ["amqp://me:***@mq1", "amqp://mq2"]
    assert shown["port"] == 1


def test_of_a_key_only_the_path_is_shown(file, tmp_path, capsys):
    key = tmp_path / "bus.key"
    key.write_text("hush")
    key.chmod(0o600)
    file.write_text(f'amqp_url = ["amqp://mq"]\nbus_key_file = "{key}"\n')
    assert outcome(["config", "agent", "--config", str(file)]) == 0
    out = capsys.readouterr().out
    assert f'bus_key_file = "{key}"' in out.splitlines()
    assert "hush" not in out


def test_a_role_that_could_not_start_is_told_why(file, capsys):
    assert outcome(["config", "agent", "--config", str(file)]) == 0
    assert outcome(["config", "api", "--config", str(file)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("pierhead: secret_key_file is not set: ")
