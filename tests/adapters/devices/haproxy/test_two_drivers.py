"""The same HAProxy, on the host itself and in networks of its own."""

from dataclasses import replace

import pytest

from adapters.devices.haproxy import NAMESPACE_PLUGIN, PLUGIN, HaproxyPlugin
from adapters.devices.haproxy.parameters import NAMESPACE_SCHEMA, SCHEMA, read_parameters
from core.domain.binding import Attachment
from core.ports.device_driver import DeviceFailure
from core.ports.device_provisioner import Provisioned, ProvisionFailure, ProvisionOrder
from tests.adapters.devices.haproxy.support import Balancer, Device, Members, member_spec


def attachment(**fields: object) -> Attachment:
    known = {"device_id": "d", "network_id": "n", "interface": "lo"}
    return Attachment(**{**known, **fields})


def test_what_the_drivers_say_of_themselves() -> None:
    host, networks = PLUGIN.advisor.info, NAMESPACE_PLUGIN.advisor.info
    assert (host.name, networks.name) == ("haproxy", "haproxy-namespace")
    assert (host.isolates_overlapping, networks.isolates_overlapping) == (False, True)
    for info in (host, networks):
        assert info.limits[f"vlans:{info.data_interface}"] is None
    assert host.capabilities == networks.capabilities


def test_only_the_driver_that_uses_bridges_has_parameters_for_them() -> None:
    given = {"integration_bridge": "br-ex", "data_bridge": "br-data", "ovsdb": "unix:/run/db"}
    read = read_parameters(given, NAMESPACE_SCHEMA)
    assert (read.integration_bridge, read.data_bridge, read.ovsdb) == tuple(given.values())
    with pytest.raises(DeviceFailure, match="integration_bridge"):
        read_parameters(given, SCHEMA)
    assert read_parameters({}, NAMESPACE_SCHEMA).integration_bridge == "br-int"


@pytest.mark.parametrize(
    "given",
    [
        {"integration_bridge": "--help"},
        {"integration_bridge": "br int"},
        {"integration_bridge": "x" * 16},
        {"integration_bridge": None},
        {"data_bridge": "br\n"},
        {"data_bridge": ""},
        {"ovsdb": "tcp:10.0.0.1:6640"},
        {"ovsdb": "unix:relative"},
        {"ovsdb": "unix:/run/db --log-file=/etc/x"},
    ],
)
def test_names_that_could_be_something_else_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(DeviceFailure, match=next(iter(given))):
        read_parameters(given, NAMESPACE_SCHEMA)


@pytest.mark.parametrize(("plugin", "works"), [(PLUGIN, False), (NAMESPACE_PLUGIN, True)])
def test_pools_make_devices_of_either(plugin: HaproxyPlugin, works: bool) -> None:
    order = ProvisionOrder(
        device_id="d", name="d", device_pool="p", parameters={"data_bridge": "br-data"}
    )
    assert plugin.provisioner is not None
    if works:
        assert plugin.provisioner.provision(order) == Provisioned(order.parameters)
    else:
        with pytest.raises(ProvisionFailure, match="data_bridge"):
            plugin.provisioner.provision(order)


def test_attachments_to_the_host_itself_change_nothing(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    config, worker = (device.directory / "haproxy.cfg").read_bytes(), device.worker
    order = replace(balancer.order(), attachments=(attachment(),))
    device.run(order)
    device.run(replace(order, attachments=(attachment(addresses=("127.0.0.1/8",)),)))
    assert (device.directory / "haproxy.cfg").read_bytes() == config
    assert device.worker == worker
    assert balancer.ask() == "a"
    assert not list((device.directory / "wires").iterdir())
