"""The Linux wiring: devices have addresses of their own, and networks may have the same ones."""

import dataclasses

import pytest

from adapters.network.linux import LinuxSubnetPolicy, LinuxWirer, bridge_of, mac_of
from adapters.persistence.memory import MemoryStore
from adapters.system import CountingIds, ManualClock
from core.domain.binding import Attachment
from core.domain.network import Network, Subnet, SubnetInfo, default_gateway, default_pools
from core.domain.query import Query
from core.domain.wiring import VIRTUAL, DeviceWiring, Plug, Site, WiringKind
from core.ports.network_wirer import WiringFailure

INFO = SubnetInfo(id="s", network_id="n", cidr="10.0.0.0/24", project_id="p", shared=False)
SITE = Site(device_id="device", wiring=VIRTUAL, host="here")
TRUNK = DeviceWiring(kind=WiringKind.TRUNK, trunk_id="t")
PHYSICAL = DeviceWiring(kind=WiringKind.PHYSICAL, host="rack")


def subnet(identity: str, network_id: str, cidr: str, *, gateway: bool = True) -> Subnet:
    gateway_ip = default_gateway(cidr) if gateway else None
    return Subnet(
        id=identity,
        project_id="p",
        network_id=network_id,
        cidr=cidr,
        gateway_ip=gateway_ip,
        allocation_pools=default_pools(cidr, gateway_ip),
    )


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    with store.write() as work:
        work.networks.add(
            Network(id="red", project_id="p"),
            Network(id="blue", project_id="p", segmentation_id=7),
        )
        work.subnets.add(
            subnet("red-4", "red", "10.0.0.0/24"),
            subnet("red-6", "red", "fd00:1::/64", gateway=False),
            subnet("blue-4", "blue", "10.0.0.0/24"),
        )
        work.commit()
    return store


@pytest.fixture
def wirer(store) -> LinuxWirer:
    return LinuxWirer(store, ManualClock(), CountingIds(), mtu=1400)


def change(store: MemoryStore, network_id: str, **changes: object) -> None:
    with store.write() as work:
        network = work.networks.get(network_id)
        work.networks.save(dataclasses.replace(network, **changes))
        work.commit()


def test_a_device_gets_an_address_on_each_subnet_of_a_bridge(wirer):
    attachment = wirer.attach(SITE, "red", "data", ["10.0.0.0/24", "fd00:1::/64"])
    assert attachment == Attachment(
        device_id="device",
        network_id="red",
        interface="data",
        plug=Plug.BRIDGE,
        mac=mac_of("device", "red"),
        mtu=1400,
        addresses=("10.0.0.2/24", "fd00:1::1/64"),
        gateways=("10.0.0.1",),
        cidrs=("10.0.0.0/24", "fd00:1::/64"),
        bridge=bridge_of("red"),
    )


def test_a_network_with_a_vlan_has_no_bridge(wirer):
    attachment = wirer.attach(SITE, "blue", "data", ["10.0.0.0/24"])
    assert (attachment.plug, attachment.vlan, attachment.bridge) == (Plug.VLAN, 7, None)


def test_subnets_are_added_to_an_attachment_and_stay(wirer):
    first = wirer.attach(SITE, "red", "data", ["10.0.0.0/24"])
    assert first.cidrs == ("10.0.0.0/24",)
    both = wirer.attach(SITE, "red", "data", ["fd00:1::/64"])
    assert both.addresses == (*first.addresses, "fd00:1::1/64")
    assert wirer.attach(SITE, "red", "data", ["10.0.0.0/24"]) == both


def test_each_device_and_network_has_its_own_addresses(wirer):
    other = dataclasses.replace(SITE, device_id="other")
    made = [
        wirer.attach(SITE, "red", "data", ["10.0.0.0/24"]),
        wirer.attach(other, "red", "data", ["10.0.0.0/24"]),
        wirer.attach(SITE, "blue", "data", ["10.0.0.0/24"]),
    ]
    assert [each.addresses[0] for each in made] == ["10.0.0.2/24", "10.0.0.3/24", "10.0.0.2/24"]
    assert len({each.mac for each in made}) == 3


def test_all_attachments_are_known_until_they_are_undone(wirer):
    made = [wirer.attach(SITE, name, "data", ["10.0.0.0/24"]) for name in ("red", "blue")]
    unnamed = {dataclasses.replace(each, interface="") for each in made}
    assert set(wirer.attachments()) == unnamed
    wirer.detach(SITE, "red")
    wirer.detach(SITE, "red")
    assert [each.network_id for each in wirer.attachments()] == ["blue"]


def test_devices_addresses_are_no_vips(wirer):
    wirer.attach(SITE, "red", "data", ["10.0.0.0/24"])
    vip = wirer.reserve_address("red-4", None, "vip", "p")
    assert vip.address == "10.0.0.3"
    assert list(wirer.reservations()) == [vip]


def test_what_is_changed_in_the_catalogue_shows_when_attached_again(wirer, store):
    wirer.attach(SITE, "red", "data", ["10.0.0.0/24"])
    change(store, "red", segmentation_id=9)
    assert wirer.attach(SITE, "red", "data", ["10.0.0.0/24"]).vlan == 9


@pytest.mark.parametrize(
    ("wiring", "place", "words"),
    [
        (VIRTUAL, ("gone", "10.0.0.0/24"), "network gone was deleted"),
        (VIRTUAL, ("red", "10.1.0.0/24"), "network red has no subnet 10.1.0.0/24 any more"),
        (PHYSICAL, ("red", "10.0.0.0/24"), "network red has no VLAN"),
        (TRUNK, ("red", "10.0.0.0/24"), "no trunks without Neutron"),
    ],
)
def test_what_cannot_be_attached_leaves_nothing_behind(wirer, store, wiring, place, words):
    network_id, cidr = place
    with pytest.raises(WiringFailure, match=words):
        wirer.attach(
            dataclasses.replace(SITE, wiring=wiring), network_id, "data", ["10.0.0.0/24", cidr]
        )
    with store.read() as work:
        assert work.reservations.find(Query()) == []


def test_a_subnet_without_a_free_address_is_told(wirer, store):
    with store.write() as work:
        work.subnets.add(subnet("tight", "red", "10.9.0.0/30"))
        work.commit()
    wirer.reserve_address("tight", None, "vip", "p")
    with pytest.raises(WiringFailure, match="subnet tight has no free address"):
        wirer.attach(SITE, "red", "data", ["10.0.0.0/24", "10.9.0.0/30"])
    assert wirer.attachments() == []


def test_trunks_are_neutrons(wirer):
    assert "trunks" in wirer.refusal(TRUNK)
    assert wirer.refusal(VIRTUAL) is None
    assert wirer.refusal(PHYSICAL) is None


def test_a_physical_device_is_on_the_networks_vlan(wirer):
    site = dataclasses.replace(SITE, wiring=PHYSICAL, host="rack")
    assert wirer.attach(site, "blue", "data", ["10.0.0.0/24"]).vlan == 7


@pytest.mark.parametrize("network_id", ["red", "0" * 36, "6d1ad0d6-7fdb-4d0b-9e4c-55e8d54c5a10"])
def test_names_and_addresses_of_interfaces_are_what_the_kernel_takes(network_id):
    assert len(bridge_of(network_id)) == 15
    first = int(mac_of("device", network_id).partition(":")[0], 16)
    assert (first & 1, first & 2) == (0, 2)
    assert len(mac_of("device", network_id)) == 17


@pytest.mark.parametrize("address", ["10.0.0.9", "192.0.2.1", "8.8.8.8", "2001:db8::1", "fd00::9"])
def test_members_may_be_anywhere(wirer, address):
    assert wirer.check_member(INFO, address, 80) is None


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "127.0.0.1", "169.254.0.9", "224.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "ff02::1", "::ffff:127.0.0.1"),
    ],
)
def test_members_are_hosts(wirer, address):
    assert address in wirer.check_member(INFO, address, 80)


@pytest.mark.parametrize("cidr", ["10.0.0.0/8", "192.168.1.0/31", "100.64.0.0/10", "fd00::/64"])
def test_any_range_of_hosts_will_do_whatever_the_others(cidr):
    assert LinuxSubnetPolicy().refuse(cidr, [cidr]) is None


@pytest.mark.parametrize(
    "cidr",
    [
        *("127.0.0.0/8", "127.3.0.0/24", "0.0.0.0/0", "169.254.1.0/24", "224.0.1.0/24"),
        *("240.0.0.0/8", "10.0.0.1/32", "fd00::1/128", "::/0", "fe80::/64", "ff00::/16"),
    ],
)
def test_other_ranges_are_refused(cidr):
    assert cidr in LinuxSubnetPolicy().refuse(cidr, [])
