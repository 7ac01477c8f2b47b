"""Each wiring's parts come from the settings that name it."""

import pytest

from adapters.network.linux import LinuxSubnetPolicy, LinuxWirer
from adapters.network.loopback import LoopbackSubnetPolicy, LoopbackWirer
from adapters.network.neutron import NeutronIpam, NeutronWirer
from adapters.persistence.memory import MemoryStore
from adapters.system import CountingIds, ManualClock
from pierhead.containers.beside_neutron import access_of
from pierhead.containers.wiring import Wired, choose_wiring
from pierhead.errors import StartupError
from pierhead.settings import NeutronAuth, Settings, Wiring

OWN = [("127.0.0.1", 9797)]


def chosen(**settings: object) -> Wired:
    return choose_wiring(Settings(**settings), MemoryStore(), ManualClock(), CountingIds(), OWN)


def test_loopback_knows_where_the_api_is():
    wired = chosen()
    assert isinstance(wired.wirer, LoopbackWirer)
    assert wired.wirer.own == OWN
    assert wired.ipam is wired.wirer
    assert isinstance(wired.subnet_policy, LoopbackSubnetPolicy)
    assert wired.catalogue


def test_linux_has_the_mtu():
    wired = chosen(wiring=Wiring.LINUX, network_mtu=9000)
    assert isinstance(wired.wirer, LinuxWirer)
    assert wired.wirer.mtu == 9000
    assert wired.ipam is wired.wirer
    assert isinstance(wired.subnet_policy, LinuxSubnetPolicy)
    assert wired.catalogue


def test_neutron_has_the_networks():
    wired = chosen(
        wiring=Wiring.NEUTRON, neutron_auth=NeutronAuth.NONE, neutron_url="http://127.0.0.1:1"
    )
    assert isinstance(wired.wirer, NeutronWirer)
    assert isinstance(wired.ipam, NeutronIpam)
    assert not wired.catalogue


def test_without_keystone_the_settings_say_who_asks():
    settings = Settings(
        neutron_auth=NeutronAuth.NONE,
        neutron_url="http://127.0.0.1:1",
        neutron_project="p",
        neutron_user="u",
        neutron_timeout_seconds=3,
    )
    access = access_of(settings)
    assert (access.endpoint, access.project_id, access.user_id) == ("http://127.0.0.1:1", "p", "u")
    assert access.timeout == 3


def test_with_keystone_a_cloud_is_named_or_the_environment_tells():
    named = access_of(Settings(neutron_cloud="lab", neutron_timeout_seconds=3))
    assert (named.cloud, named.endpoint, named.timeout) == ("lab", None, 3)
    assert access_of(Settings()).cloud is None


def test_a_cloud_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    with pytest.raises(StartupError, match=r"wiring = neutron: .*lab"):
        chosen(wiring=Wiring.NEUTRON, neutron_cloud="lab")
