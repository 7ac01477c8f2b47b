"""The examples in deploy/ are right: every setting, option and command in them exists."""

import configparser
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer.main
from typer.exceptions import TyperException

from pierhead.main import app
from pierhead.requirements import Role, check
from pierhead.settings import PREFIX, Settings, load

DEPLOY = Path(__file__).parents[2] / "deploy"
EXAMPLE = DEPLOY / "pierhead.toml"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
LONG_LIVED = [unit for unit in UNITS if "db-upgrade" not in unit.name]


def unit_of(path: Path) -> dict[str, list[str]]:
    """The settings of a unit's service, each with all its values."""
    values: dict[str, list[str]] = {}
    for line in path.read_text().partition("[Service]")[2].partition("[Install]")[0].splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            values.setdefault(name, []).append(value)
    return values


def test_the_example_is_a_configuration_for_every_role(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    names = ("database_password_file", "amqp_password_file", "secret_key_file")
    settings = load(EXAMPLE, {}, dict.fromkeys(names, str(secret)))
    for role in Role:
        check(role, settings)
    assert "secret" in settings.database_address()


def test_the_example_shows_every_setting_with_its_default():
    text = EXAMPLE.read_text()
    given = tomllib.loads(text)
    commented = tomllib.loads("\n".join(re.findall(r"^# (\w+ = .*)$", text, re.MULTILINE)))
    defaults = msgspec.to_builtins(Settings())
    assert {*given, *commented} == set(defaults)
    assert commented == {
        name: list(v) if isinstance(v := defaults[name], tuple) else v for name in commented
    }
    assert not set(given) & set(commented)


def test_every_unit_of_a_role_is_there():
    assert {unit.name for unit in LONG_LIVED} == {
        "pierhead.service",
        "pierhead-agent-namespace.service",
        *(f"pierhead-{role}.service" for role in Role),
    }


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_command_of_a_unit_is_understood(unit):
    (line,) = unit_of(unit)["ExecStart"]
    _, *arguments = shlex.split(line)
    assert refusal(arguments) is None
    assert refusal([*arguments, "--nothing"]) is not None


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_variables_of_a_unit_are_settings(unit):
    known = {PREFIX + name.upper() for name in Settings.__struct_fields__} | {"MALLOC_ARENA_MAX"}
    found = unit_of(unit)
    variables = dict(each.split("=", 1) for each in found.get("Environment", []))
    assert set(variables) <= known
    credentials = {each.partition(":")[0] for each in found.get("LoadCredential", [])}
    assert {value for value in variables.values() if value.startswith("%d/")} == {
        f"%d/{name}" for name in credentials
    }


@pytest.mark.parametrize("unit", LONG_LIVED, ids=lambda unit: unit.name)
def test_a_unit_is_watched_and_comes_back(unit):
    found = unit_of(unit)
    assert (found["Type"], found["Restart"]) == (["notify"], ["always"])
    assert found["WatchdogSec"]
    assert found["RestartPreventExitStatus"] == ["2"]
    assert found["NoNewPrivileges"] == ["yes"]
    runs_devices = unit.name == "pierhead.service" or unit.name.startswith("pierhead-agent")
    assert found.get("KillMode") == (["process"] if runs_devices else None)


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_a_unit(unit, tmp_path):
    """Where systemd is not installed, what its parser takes is at least an INI file."""
    there = tmp_path / unit.name
    there.write_text(unit.read_text().replace("/opt/pierhead/bin/pierhead", "/bin/true"))
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        configparser.ConfigParser(interpolation=None, strict=False).read_string(unit.read_text())
        return
    done = subprocess.run(
        [analyze, "verify", str(there)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_image_runs_any_role_as_nobody_special():
    text = (DEPLOY / "Containerfile").read_text()
    assert re.search(r"^USER (?!0|root)\d+:\d+$", text, re.MULTILINE)
    assert 'ENTRYPOINT ["pierhead"]' in text
    for name in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        assert all((DEPLOY.parent / each).exists() for each in name.split())


def refusal(arguments: list[str]) -> str | None:
    """What the command line says against the arguments; nothing is carried out."""
    root: Any = typer.main.get_command(app)
    for command in commands(root):
        command.callback = lambda *_, **__: None
    try:
        root.main(arguments, prog_name="pierhead", standalone_mode=False)
    except TyperException as error:
        return str(error)
    return None


def commands(root: Any) -> list[Any]:
    return [
        root,
        *(each for one in getattr(root, "commands", {}).values() for each in commands(one)),
    ]
