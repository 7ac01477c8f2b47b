"""Whatever can be set, typed, asked for or read is explained in its guide."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer.main

from adapters.cli.errors import ExitCode
from adapters.devices.haproxy.parameters import SCHEMA
from adapters.http.endpoints import CHANGEABLE, READABLE
from adapters.http.openapi import openapi
from core.domain import errors
from core.domain.device import AdminState, Device, DeviceStatus, DriverInfo
from core.domain.lifecycle import Status
from core.domain.loadbalancer.model import Method, MonitorType, PersistenceType, Protocol
from core.domain.placement.reasons import ReasonCode
from core.domain.placement.scores import SCORES, weights_of
from core.domain.service_type import Apart, Choice, Grouping, Policy, Preference, Strategy
from core.ports.device_driver import DeviceDriver, Observation
from core.ports.device_provisioner import DeviceProvisioner
from core.ports.placement_advisor import PlacementAdvisor
from pierhead.drivers import DriverPlugin
from pierhead.main import app
from pierhead.settings import PREFIX, Settings, default_state_dir
from tests.docs.markdown import named, page, rows

OPERATOR = page("operator-guide.md")
TENANT = page("tenant-guide.md")
DRIVER = page("writing-a-driver.md")

SECTIONS = {
    "vips": (TENANT, "VIPs"),
    "pools": (TENANT, "Pools"),
    "members": (TENANT, "Members"),
    "health_monitors": (TENANT, "Health monitors"),
    "networks": (TENANT, "Networks and subnets"),
    "subnets": (TENANT, "Networks and subnets"),
    "devices": (OPERATOR, "Devices"),
    "device_pools": (OPERATOR, "Elastic pools"),
}


@pytest.mark.parametrize("field", msgspec.structs.fields(Settings), ids=lambda field: field.name)
def test_a_setting_has_a_row_with_its_default(field: msgspec.structs.FieldInfo) -> None:
    row = _row(OPERATOR.section("Settings"), field.name)
    assert row[1] == f"`{PREFIX}{field.name.upper()}`"
    shown = _shown(field)
    assert row[2] == f"`{shown}`" if shown else row[2].startswith("none")
    assert row[3]


def _shown(field: msgspec.structs.FieldInfo) -> str:
    if field.name == "state_dir":
        return f"~/{default_state_dir({}).relative_to(Path.home())}"
    if isinstance(field.default, tuple):
        return ",".join(field.default)
    return str(field.default).lower()


def test_the_clients_settings_are_told() -> None:
    root: Any = typer.main.get_command(app)
    variables = {each.envvar for each in root.params if each.envvar}
    assert variables
    assert variables <= named(OPERATOR.section("Settings"))


def test_every_command_is_in_one_of_the_guides() -> None:
    told = {
        " ".join(word for word in text.split() if word.islower() and word[0] != "-")
        for guide in (OPERATOR, TENANT)
        for text in guide.code()
    }
    assert set(_commands(typer.main.get_command(app), "pierhead")) - told == set()


def _commands(command: Any, name: str) -> list[str]:
    if not hasattr(command, "commands"):
        return [name]
    return [
        leaf
        for word, each in command.commands.items()
        for leaf in _commands(each, f"{name} {word}")
    ]


@pytest.mark.parametrize("score", sorted(SCORES))
def test_a_score_has_a_row_with_its_weight(score: str) -> None:
    row = _row(OPERATOR.section("Service types"), score)
    assert row[1] == f"{weights_of(Policy()).get(score, 0):g}"
    assert row[2]


@pytest.mark.parametrize("code", list(ReasonCode))
def test_a_reason_has_a_row(code: ReasonCode) -> None:
    assert _row(OPERATOR.section("Why is it there, or nowhere?"), code)[1]


def test_every_state_and_exit_code_has_a_row() -> None:
    devices = {row[0] for row in rows(OPERATOR.section("Status of a device"))}
    assert devices >= set(DeviceStatus)
    assert {row[0] for row in rows(OPERATOR.section("Draining"))} >= {
        f"`{state}`" for state in AdminState
    }
    vips = " ".join(row[0] for row in rows(OPERATOR.section("Status of a VIP, and retries")))
    assert all(status in vips for status in set(Status) - {Status.INACTIVE})
    parts = " ".join(row[0] for row in rows(TENANT.section("Statuses")))
    assert all(status in parts for status in Status)
    codes = {row[0] for row in rows(OPERATOR.section("Exit codes"))}
    assert codes >= {str(int(code)) for code in ExitCode}


def test_every_path_of_the_api_is_told() -> None:
    paths = openapi(CHANGEABLE, READABLE, "0")["paths"]
    told = named(OPERATOR.prose) | named(TENANT.prose)
    assert {path.removesuffix("/{id}") for path in paths} - told == set()


@pytest.mark.parametrize("plural", SECTIONS)
def test_every_attribute_is_in_its_resources_section(plural: str) -> None:
    (schema,) = [each for each in CHANGEABLE if each.plural == plural]
    guide, title = SECTIONS[plural]
    missing = {each.name for each in schema.attributes} - named(guide.section(title))
    # A device's owner has two names, and an operator needs neither the second nor ids.
    assert missing <= ({"id", "tenant_id"} if guide is OPERATOR else set())


def test_every_part_of_a_policy_and_a_device_is_told() -> None:
    for part in fields(Policy):
        row = _row(OPERATOR.section("The policy"), part.name)
        options = named(row[1])
        assert options, f"{part.name} has no option"
        assert row[3]
    assert {f"--apart-{part.name}" for part in fields(Apart)} <= named(
        OPERATOR.section("The policy")
    )
    for kind in (Choice, Strategy, Grouping, Preference):
        assert set(map(str, kind)) <= named(OPERATOR.section("The policy")), kind.__name__
    internal = {"id", "number", "sealed", "generation", "removing", "due_at", "attempts"}
    internal |= {"spawned_at", "epoch", "probed_epoch", "releasing"}
    devices = named(OPERATOR.section("Devices"))
    assert {each.name for each in fields(Device)} - internal <= devices


@pytest.mark.parametrize("name", SCHEMA["properties"])
def test_a_parameter_of_haproxy_has_a_row_with_its_default(name: str) -> None:
    row = _row(OPERATOR.section("Parameters of a HAProxy device"), name)
    default = SCHEMA["properties"][name]["default"]
    assert row[1] == ("null" if default is None else str(default))


@pytest.mark.parametrize("kind", [Method, MonitorType, PersistenceType, Protocol])
def test_every_term_of_the_model_is_told_to_tenants(kind: type[Any]) -> None:
    assert set(map(str, kind)) <= named(TENANT.prose)


def test_every_error_is_told_to_tenants() -> None:
    told = named(TENANT.section("Errors"))
    found: list[errors.PierheadError] = [
        errors.InvalidInput("name", "too long"),
        errors.ProtocolMismatch("protocol", "differs"),
        errors.DelayOrTimeoutInvalid("delay", "too short"),
        errors.Forbidden(),
        errors.AddressInUse("127.9.0.1", "s"),
        errors.NoFreeAddress("s"),
        errors.OverQuota("Device", "p", 10),
        errors.StateInvalid("Vip", "v", "PENDING_DELETE"),
    ]
    kinds = ("Vip", "Pool", "Member", "HealthMonitor", "Network", "Subnet")
    found += [errors.NotFound(kind, "i") for kind in (*kinds, "PoolMonitorAssociation")]
    found += [errors.InUse(kind, "i", ["u"]) for kind in ("Pool", "HealthMonitor", "Subnet")]
    found += [errors.AlreadyExists(kind, "w") for kind in ("Vip", "Member")]
    assert {each.code for each in found} - told == set()


def test_everything_a_driver_consists_of_is_told_to_its_author() -> None:
    told = DRIVER.text
    for port in (DeviceDriver, PlacementAdvisor, DeviceProvisioner, DriverPlugin):
        methods = [name for name, member in vars(port).items() if callable(member)]
        for name in [each for each in methods if not each.startswith("_")]:
            assert f"{name}(" in told, f"{port.__name__}.{name}"
    for record in (DriverInfo, Observation):
        names = {each.name for each in fields(record)}
        assert names <= named(DRIVER.prose), record.__name__


def _row(text: str, name: str) -> list[str]:
    found = [row for row in rows(text) if row[0] == f"`{name}`"]
    assert len(found) == 1, f"{name} has {len(found)} rows"
    return found[0]
