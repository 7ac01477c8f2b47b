"""What every provisioner promises, and what its driver then makes of the devices."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from adapters.devices.haproxy import PLUGIN as HAPROXY
from adapters.devices.memory import MemoryPlugin
from core.domain.messages import DeviceHandle
from core.ports.device_driver import DeviceDriver
from core.ports.device_provisioner import (
    DeviceProvisioner,
    NotYet,
    Provisioned,
    ProvisionFailure,
    ProvisionOrder,
)
from pierhead.drivers import DriverPlugin, provisioners_of
from tests.builders import uid

PLUGINS = [pytest.param(MemoryPlugin(), id="memory"), pytest.param(HAPROXY, id="haproxy")]

TEMPLATES: dict[str, dict[str, Any]] = {
    "memory": {"username": "root", "password": "tr0ub4dor"},
    "haproxy": {"threads": 1, "client_timeout_seconds": 9},
}


@pytest.fixture(params=PLUGINS)
def plugin(request: pytest.FixtureRequest) -> DriverPlugin:
    found: DriverPlugin = request.param
    return found


@pytest.fixture
def provisioner(plugin: DriverPlugin) -> DeviceProvisioner:
    return provisioners_of({"it": plugin})["it"]


@pytest.fixture
def driver(plugin: DriverPlugin, tmp_path: Path) -> Iterator[DeviceDriver]:
    opened = plugin.open(tmp_path)
    yield opened
    opened.close(stop_devices=True)


def order(plugin: DriverPlugin, name: str = "burst-1", **fields: Any) -> ProvisionOrder:
    defaults = {
        "device_id": uid(name),
        "name": name,
        "device_pool": "burst",
        "parameters": TEMPLATES[plugin.advisor.info.name],
    }
    return ProvisionOrder(**{**defaults, **fields})


def handle(plugin: DriverPlugin, wanted: ProvisionOrder, made: Provisioned) -> DeviceHandle:
    return DeviceHandle(
        id=wanted.device_id,
        name=wanted.name,
        driver=plugin.advisor.info.name,
        version=None,
        parameters=made.parameters,
    )


def provisioned(provisioner: DeviceProvisioner, wanted: ProvisionOrder) -> Provisioned:
    answer = provisioner.provision(wanted)
    while isinstance(answer, NotYet):
        assert answer.look_again > 0
        answer = provisioner.provision(wanted)
    return answer


def test_what_is_made_has_parameters_that_its_driver_accepts(
    plugin: DriverPlugin, provisioner: DeviceProvisioner
) -> None:
    wanted = order(plugin)
    made = provisioned(provisioner, wanted)
    assert made.parameters.items() >= wanted.parameters.items()
    schema: Any = plugin.advisor.info.schema
    jsonschema.validate(dict(made.parameters), schema, jsonschema.Draft202012Validator)
    provisioner.destroy(wanted)


def test_asking_again_gives_the_same_device(
    plugin: DriverPlugin, provisioner: DeviceProvisioner
) -> None:
    first = provisioned(provisioner, order(plugin))
    again = provisioned(provisioner, order(plugin, parameters=first.parameters))
    assert again == first
    provisioner.destroy(order(plugin))


def test_destroying_is_idempotent_and_fine_for_what_never_was(
    plugin: DriverPlugin, provisioner: DeviceProvisioner
) -> None:
    assert provisioner.destroy(order(plugin, "stranger")) is None
    provisioned(provisioner, order(plugin))
    assert provisioner.destroy(order(plugin)) is None
    assert provisioner.destroy(order(plugin)) is None


def test_what_was_destroyed_can_be_made_again(
    plugin: DriverPlugin, provisioner: DeviceProvisioner
) -> None:
    first = provisioned(provisioner, order(plugin))
    provisioner.destroy(order(plugin))
    assert provisioned(provisioner, order(plugin)) == first
    provisioner.destroy(order(plugin))


def test_devices_of_one_template_live_side_by_side_and_leave_nothing(
    plugin: DriverPlugin, provisioner: DeviceProvisioner, driver: DeviceDriver, tmp_path: Path
) -> None:
    wanted = [order(plugin, name) for name in ("burst-1", "burst-2")]
    handles = [handle(plugin, each, provisioned(provisioner, each)) for each in wanted]
    facts = [driver.probe(each) for each in handles]
    assert facts[0] == facts[1]
    assert [driver.observe(each).failure for each in handles] == [None, None]
    for one, each in zip(handles, wanted, strict=True):
        driver.retire(one)
        assert provisioner.destroy(each) is None
    assert list(tmp_path.glob("burst*")) == []
    assert not any((tmp_path / each.device_id).exists() for each in wanted)


def test_an_order_does_not_print_its_secrets(plugin: DriverPlugin) -> None:
    secret = order(plugin, parameters={"password": "tr0ub4dor"})
    assert "tr0ub4dor" not in repr(secret)
    assert "tr0ub4dor" not in repr(Provisioned(secret.parameters))


def test_haproxy_says_what_is_missing_before_anything_is_tried() -> None:
    provisioner = provisioners_of({"haproxy": HAPROXY})["haproxy"]
    wanted = order(HAPROXY, parameters={"binary": "/bin/true"})
    with pytest.raises(ProvisionFailure, match="/bin/true is not HAProxy"):
        provisioner.provision(wanted)


def test_a_driver_without_a_provisioner_makes_nothing() -> None:
    class Bare:
        advisor = None

    assert provisioners_of({"bare": Bare()}) == {}  # type: ignore[dict-item]
