"""What the wirer makes of Neutron's ports."""

from dataclasses import replace

import pytest

from adapters.network.neutron import Kind, NeutronWirer
from adapters.network.neutron.lookup import look_up
from core.domain.wiring import DeviceWiring, Plug, Site, WiringKind
from core.ports.network_wirer import WiringFailure
from tests.adapters.network.neutron.double import HOST, SWITCHED, NeutronDouble

A, B = "10.0.0.0/24", "10.0.1.0/24"
VIRTUAL = Site(device_id="device", wiring=DeviceWiring(), host=HOST)
TRUNK = Site(
    device_id="device", wiring=DeviceWiring(kind=WiringKind.TRUNK, trunk_id="trunk"), host=None
)
PHYSICAL = Site(
    device_id="device", wiring=DeviceWiring(kind=WiringKind.PHYSICAL, host=SWITCHED), host=None
)
sites = pytest.mark.parametrize("site", [VIRTUAL, TRUNK, PHYSICAL], ids=lambda it: it.wiring.kind)


@pytest.fixture
def neutron() -> NeutronDouble:
    double = NeutronDouble()
    double.add_network("net", A, B)
    double.add_trunk("trunk")
    return double


@pytest.fixture
def wirer(neutron) -> NeutronWirer:
    return NeutronWirer(neutron)


def only_port(neutron):
    (port,) = neutron.ports.values()
    return port


def test_a_virtual_device_gets_a_port_on_its_host_that_may_carry_the_subnets_addresses(
    neutron, wirer
):
    attachment = wirer.attach(VIRTUAL, "net", "eth1", [A])
    port = only_port(neutron)
    assert attachment.plug is Plug.PORT
    assert attachment.host == port["binding:host_id"] == HOST
    assert attachment.port_id == port["id"]
    assert attachment.mac == port["mac_address"]
    assert attachment.addresses == ("10.0.0.2/24",)
    assert attachment.gateways == ("10.0.0.1",)
    assert attachment.cidrs == (A,)
    assert attachment.mtu == 1450
    assert attachment.interface == "eth1"
    assert attachment.vlan is None
    assert port["device_id"] == "device"
    assert port["device_owner"] == "neutron:LOADBALANCER"
    assert port["name"] == "pierhead-device-device"
    assert port["project_id"] == "operator"
    assert [pair["ip_address"] for pair in port["allowed_address_pairs"]] == [A]


def test_a_device_on_a_trunk_gets_a_vlan_of_its_own_for_each_network(neutron, wirer):
    neutron.add_network("other", "10.0.0.0/24")
    first = wirer.attach(TRUNK, "net", "data", [A])
    second = wirer.attach(TRUNK, "other", "data", [A])
    assert (first.plug, second.plug) == (Plug.VLAN, Plug.VLAN)
    assert (first.vlan, second.vlan) == (1, 2)
    assert first.host is None
    wirer.detach(TRUNK, "net")
    assert wirer.attach(TRUNK, "net", "data", [A]).vlan == 1


def test_a_physical_device_gets_the_vlan_that_its_port_was_bound_to(neutron, wirer):
    attachment = wirer.attach(PHYSICAL, "net", "ge0", [A])
    assert attachment.plug is Plug.VLAN
    assert attachment.vlan == neutron.networks["net"]["vlan"]
    assert only_port(neutron)["binding:vnic_type"] == "baremetal"


@sites
def test_attaching_again_changes_nothing(neutron, wirer, site, monkeypatch):
    first = wirer.attach(site, "net", "eth1", [A])
    for change in ("create_port", "update_port", "delete_port", "add_subport", "remove_subport"):
        monkeypatch.setattr(neutron, change, None)
    assert wirer.attach(site, "net", "eth1", [A]) == first


@sites
def test_a_subnet_is_added_to_those_that_are_served(wirer, site):
    first = wirer.attach(site, "net", "eth1", [A])
    both = wirer.attach(site, "net", "eth1", [B])
    assert both.port_id == first.port_id
    assert both.mac == first.mac
    assert both.cidrs == (A, B)
    assert set(first.addresses) < set(both.addresses)
    assert both.gateways == ("10.0.0.1", "10.0.1.1")
    assert wirer.attach(site, "net", "eth1", [A]) == both


@sites
def test_what_attachments_tell_is_what_attach_returned(wirer, site):
    attached = wirer.attach(site, "net", "eth1", [A, B])
    assert list(wirer.attachments()) == [attached]


@pytest.mark.parametrize(
    "change",
    [
        {"allowed_address_pairs": []},
        {"allowed_address_pairs": [{"ip_address": A, "mac_address": "fa:16:3e:99:99:99"}]},
        {"fixed_ips": []},
        {"admin_state_up": False},
        {"binding:host_id": "elsewhere"},
        {"device_owner": "compute:nova"},
        {"mac_address": "fa:16:3e:99:99:99"},
    ],
    ids=lambda change: next(iter(change)),
)
@sites
def test_a_port_that_was_changed_is_told_apart_and_put_right(neutron, wirer, site, change):
    if site is TRUNK and {"binding:host_id", "device_owner"} & change.keys():
        change = {"device_id": "other"}
    attached = wirer.attach(site, "net", "eth1", [A])
    neutron.update_port(only_port(neutron)["id"], change)
    (found,) = wirer.attachments()
    assert found != attached
    again = wirer.attach(site, "net", "eth1", [A])
    assert again.cidrs == (A,)
    assert len(again.addresses) == 1
    assert list(wirer.attachments()) == [again]


@sites
def test_a_port_that_was_deleted_is_missing_and_made_anew(neutron, wirer, site):
    first = wirer.attach(site, "net", "eth1", [A])
    for trunk in neutron.trunks.values():
        trunk["sub_ports"] = []
    neutron.delete_port(first.port_id)
    assert not wirer.attachments()
    again = wirer.attach(site, "net", "eth1", [A])
    assert again.port_id != first.port_id
    assert list(wirer.attachments()) == [again]


def test_a_subport_that_was_taken_off_its_trunk_is_told_apart_and_put_back(neutron, wirer):
    first = wirer.attach(TRUNK, "net", "eth1", [A])
    neutron.remove_subport("trunk", first.port_id)
    (found,) = wirer.attachments()
    assert (found.port_id, found.vlan) == (None, None)
    assert wirer.attach(TRUNK, "net", "eth1", [A]) == first


def test_a_device_that_moved_to_another_trunk_is_taken_off_the_old_one(neutron, wirer):
    wirer.attach(TRUNK, "net", "eth1", [A])
    neutron.add_trunk("new")
    moved = replace(TRUNK, wiring=replace(TRUNK.wiring, trunk_id="new"))
    attached = wirer.attach(moved, "net", "eth1", [A])
    assert not neutron.trunks["trunk"]["sub_ports"]
    assert [each["port_id"] for each in neutron.trunks["new"]["sub_ports"]] == [attached.port_id]
    wirer.detach(TRUNK, "net")
    assert not neutron.ports
    assert not neutron.trunks["new"]["sub_ports"]


@pytest.mark.parametrize("before", [VIRTUAL, TRUNK, PHYSICAL], ids=lambda it: it.wiring.kind)
@pytest.mark.parametrize("after", [VIRTUAL, TRUNK, PHYSICAL], ids=lambda it: it.wiring.kind)
def test_a_device_that_is_wired_in_another_way_now_gets_a_port_of_that_kind(
    neutron, wirer, before, after
):
    wirer.attach(before, "net", "eth1", [A])
    attached = wirer.attach(after, "net", "eth1", [A])
    assert len(neutron.ports) == 1
    assert list(wirer.attachments()) == [attached]
    assert wirer.attach(after, "net", "eth1", [A]) == attached
    wirer.detach(after, "net")
    assert not neutron.ports
    assert not neutron.trunks["trunk"]["sub_ports"]


@sites
def test_of_several_ports_one_stays(neutron, wirer, site):
    attached = wirer.attach(site, "net", "eth1", [A])
    twin = {**only_port(neutron), "fixed_ips": []}
    for name in ("id", "mac_address", "allowed_address_pairs"):
        twin.pop(name)
    neutron.create_port(twin)
    (found,) = wirer.attachments()
    assert found.port_id is None
    assert wirer.attach(site, "net", "eth1", [A]) == attached
    assert list(wirer.attachments()) == [attached]
    assert len(neutron.ports) == 1


@sites
def test_what_goes_by_itself_meanwhile_is_as_good_as_removed(neutron, wirer, site, monkeypatch):
    wirer.attach(site, "net", "eth1", [A])

    def twice(remove):
        def removed(*arguments):
            remove(*arguments)
            remove(*arguments)

        return removed

    for name in ("delete_port", "remove_subport"):
        monkeypatch.setattr(neutron, name, twice(getattr(neutron, name)))
    wirer.detach(site, "net")
    assert not neutron.ports
    assert not neutron.trunks["trunk"]["sub_ports"]


def test_a_port_that_neutron_keeps_is_a_failure(neutron, wirer, monkeypatch):
    wirer.attach(VIRTUAL, "net", "eth1", [A])
    neutron.trunks["trunk"]["sub_ports"] = [
        {"port_id": only_port(neutron)["id"], "segmentation_id": 7}
    ]
    with pytest.raises(WiringFailure, match="PortInUseAsSubPort"):
        wirer.detach(VIRTUAL, "net")


def test_each_network_is_told_with_its_own_subnets(neutron):
    (other,) = neutron.add_network("other", A)
    found = look_up(neutron, ["net", "other", "none"])
    assert found.keys() == {"net", "other"}
    assert found["other"].subnets.keys() == {other}
    assert other not in found["net"].subnets


def test_a_device_whose_host_changed_is_bound_there(neutron, wirer):
    neutron.hosts.add("next")
    first = wirer.attach(VIRTUAL, "net", "eth1", [A])
    moved = wirer.attach(replace(VIRTUAL, host="next"), "net", "eth1", [A])
    assert moved == replace(first, host="next")


def test_a_host_without_an_agent_is_a_failure_until_it_has_one(neutron, wirer, caplog):
    neutron.hosts.clear()
    with pytest.raises(WiringFailure, match="found nothing that takes") as refused:
        wirer.attach(VIRTUAL, "net", "eth1", [A])
    assert HOST not in str(refused.value)
    assert HOST in caplog.text
    neutron.hosts.add(HOST)
    assert wirer.attach(VIRTUAL, "net", "eth1", [A]).host == HOST
    assert len(neutron.ports) == 1


def test_a_physical_device_that_nothing_binds_is_a_failure(neutron, wirer):
    neutron.switched.clear()
    with pytest.raises(WiringFailure, match="found nothing that takes"):
        wirer.attach(PHYSICAL, "net", "eth1", [A])


def test_a_network_without_vlans_is_a_failure_for_physical_devices(neutron, wirer):
    neutron.networks["net"]["vlan"] = None
    with pytest.raises(WiringFailure, match="no VLAN"):
        wirer.attach(PHYSICAL, "net", "eth1", [A])


def test_a_device_that_no_agent_holds_waits(neutron, wirer):
    with pytest.raises(WiringFailure, match="no agent holds the device yet"):
        wirer.attach(replace(VIRTUAL, host=None), "net", "eth1", [A])
    assert not neutron.ports


@pytest.mark.parametrize(
    ("network", "cidr", "words"),
    [("gone", A, "network gone is not there"), ("net", "10.9.0.0/24", "no subnet 10.9.0.0/24")],
)
def test_what_was_deleted_meanwhile_is_a_failure(neutron, wirer, network, cidr, words):
    with pytest.raises(WiringFailure, match=words):
        wirer.attach(VIRTUAL, network, "eth1", [cidr])
    assert not neutron.ports


def test_a_trunk_that_is_not_there_is_a_failure(neutron, wirer):
    neutron.trunks.clear()
    with pytest.raises(WiringFailure, match="does not know the device's trunk"):
        wirer.attach(TRUNK, "net", "eth1", [A])
    wirer.detach(TRUNK, "net")
    assert not neutron.ports


def test_a_trunk_is_full_some_day(neutron, wirer):
    neutron.trunks["trunk"]["sub_ports"] = [
        {"port_id": str(vlan), "segmentation_id": vlan} for vlan in range(1, 4094)
    ]
    assert wirer.attach(TRUNK, "net", "eth1", [A]).vlan == 4094
    neutron.add_network("other", A)
    with pytest.raises(WiringFailure, match="as many networks as it can"):
        wirer.attach(TRUNK, "other", "eth1", [A])


def test_somebody_else_who_takes_the_same_vlan_is_stepped_aside_for(neutron, wirer, monkeypatch):
    add = neutron.add_subport

    def raced(trunk_id, port_id, vlan):
        monkeypatch.setattr(neutron, "add_subport", add)
        neutron.trunks["trunk"]["sub_ports"].append({"port_id": "x", "segmentation_id": vlan})
        add(trunk_id, port_id, vlan)

    monkeypatch.setattr(neutron, "add_subport", raced)
    assert wirer.attach(TRUNK, "net", "eth1", [A]).vlan == 2


def test_more_ports_than_our_project_may_have_are_a_failure(neutron, wirer):
    neutron.quotas["operator"] = 0
    with pytest.raises(WiringFailure, match="no more ports left"):
        wirer.attach(VIRTUAL, "net", "eth1", [A])


def test_a_full_subnet_is_a_failure(neutron, wirer):
    neutron.add_network("tiny", "10.5.0.0/30")
    wirer.attach(VIRTUAL, "tiny", "eth1", ["10.5.0.0/30"])
    with pytest.raises(WiringFailure, match="IpAddressGenerationFailure"):
        wirer.attach(replace(VIRTUAL, device_id="late"), "tiny", "eth1", ["10.5.0.0/30"])


def test_ports_of_tenants_are_never_touched_whatever_their_name(neutron, wirer):
    forged = {
        "network_id": "net",
        "project_id": "mallory",
        "name": "pierhead-device-device",
        "device_id": "device",
        "device_owner": "neutron:LOADBALANCER",
    }
    theirs = neutron.create_port(forged)
    assert not wirer.attachments()
    assert wirer.attach(VIRTUAL, "net", "eth1", [A]).port_id != theirs["id"]
    wirer.detach(VIRTUAL, "net")
    assert list(neutron.ports) == [theirs["id"]]


def test_security_groups_that_were_configured_are_kept_on_the_ports(neutron):
    wirer = NeutronWirer(neutron, security_groups=["open"])
    wirer.attach(VIRTUAL, "net", "eth1", [A])
    assert only_port(neutron)["security_groups"] == ["open"]
    neutron.update_port(only_port(neutron)["id"], {"security_groups": []})
    wirer.attach(VIRTUAL, "net", "eth1", [A])
    assert only_port(neutron)["security_groups"] == ["open"]


def test_ports_may_carry_others_addresses_where_the_network_guards_nothing(neutron, wirer):
    neutron.networks["net"]["port_security_enabled"] = False
    wirer.attach(VIRTUAL, "net", "eth1", [A])
    assert only_port(neutron)["port_security_enabled"] is True


def test_attachments_of_very_many_networks_are_looked_up_in_parts(neutron, wirer, monkeypatch):
    for number in range(120):
        neutron.add_network(f"n{number}", A)
        wirer.attach(VIRTUAL, f"n{number}", "eth1", [A])
    asked, find = [], neutron.find

    def noted(kind, **filters):
        asked.append((kind, max(map(len, filters.values()), default=0)))
        return find(kind, **filters)

    monkeypatch.setattr(neutron, "find", noted)
    assert len(wirer.attachments()) == 120
    assert asked.count((Kind.SUBNET, 50)) == 2
    assert max(most for _, most in asked) == 50


@pytest.mark.parametrize(
    ("wiring", "loaded", "reason"),
    [
        (DeviceWiring(), set(), None),
        (TRUNK.wiring, {"trunk"}, None),
        (TRUNK.wiring, set(), "the network service has no trunk extension"),
        (replace(TRUNK.wiring, trunk_id=None), {"trunk"}, "the wiring names no trunk"),
        (PHYSICAL.wiring, {"pierhead-ml2"}, None),
        (
            PHYSICAL.wiring,
            {"trunk"},
            "the network service has not loaded Pierhead's mechanism driver",
        ),
        (replace(PHYSICAL.wiring, host=None), {"pierhead-ml2"}, "the wiring names no host"),
    ],
)
def test_devices_that_neutron_cannot_wire_are_refused_with_the_reason(wiring, loaded, reason):
    wirer = NeutronWirer(NeutronDouble(loaded=frozenset(loaded)))
    wirer.attachments()
    assert wirer.refusal(wiring) == reason


def test_nothing_is_refused_for_want_of_extensions_before_neutron_was_asked():
    wirer = NeutronWirer(NeutronDouble(loaded=frozenset()))
    assert wirer.refusal(TRUNK.wiring) is None
    wirer.attachments()
    assert wirer.refusal(TRUNK.wiring) is not None


def test_another_system_does_the_work(wirer):
    assert wirer.remote
