"""What the adapter makes of Neutron's subnets, and VIP addresses as its ports."""

import pytest

from adapters.network.neutron import CallFailure, NeutronIpam
from core.domain.errors import AddressInUse, InvalidInput, NoFreeAddress, NotFound, OverQuota
from core.domain.network import SubnetInfo
from core.ports.network_wirer import WiringFailure
from tests.adapters.network.neutron.double import NeutronDouble

CIDR = "10.0.0.0/29"
INFO = SubnetInfo(id="s", network_id="n", cidr=CIDR, project_id="p", shared=False)


@pytest.fixture
def neutron() -> NeutronDouble:
    return NeutronDouble()


@pytest.fixture
def subnet_id(neutron) -> str:
    return neutron.add_network("net", CIDR)[0]


@pytest.fixture
def ipam(neutron) -> NeutronIpam:
    return NeutronIpam(neutron)


def test_a_subnet_is_told_with_its_network_and_project(ipam, subnet_id):
    info = ipam.subnet(subnet_id)
    assert (info.network_id, info.cidr, info.project_id) == ("net", CIDR, "alice")
    assert not info.shared
    assert ipam.subnet("none") is None


def test_a_subnet_is_shared_with_those_that_its_network_is_shared_with(neutron, ipam, subnet_id):
    neutron.add_network("other", CIDR)
    neutron.share("other", "carol")
    neutron.share("net", "bob")
    info = ipam.subnet(subnet_id)
    assert info.visible_to("alice")
    assert info.visible_to("bob")
    assert not info.visible_to("carol")
    assert not info.shared
    neutron.share("net", "*")
    info = ipam.subnet(subnet_id)
    assert info.shared
    assert info.shared_with == {"bob"}


@pytest.mark.parametrize("address", ["10.1.2.3", "192.0.2.7", "8.8.8.8", "2001:db8::9", "fd00::1"])
def test_a_member_may_be_anywhere_that_packets_are_routed_to(ipam, address):
    assert ipam.check_member(INFO, address, 80) is None


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("169.254.169.254", "link-local"),
        ("fe80::1", "link-local"),
        ("255.255.255.255", "reserved"),
    ],
)
def test_other_addresses_are_refused_with_the_reason(ipam, address, kind):
    refusal = ipam.check_member(INFO, address, 80)
    assert address in refusal
    assert kind in refusal


def test_a_vips_port_is_the_tenants_and_not_plugged_in_anywhere(neutron, ipam, subnet_id):
    reservation = ipam.reserve_address(subnet_id, None, "service", "alice")
    port = neutron.ports[reservation.id]
    assert reservation.address == port["fixed_ips"][0]["ip_address"] == "10.0.0.2"
    assert reservation.subnet_id == subnet_id
    assert reservation.owner == "service"
    assert reservation.reserved_at == 1767323045.0
    assert port["project_id"] == "alice"
    assert port["device_owner"] == "neutron:LOADBALANCER"
    assert port["device_id"] == "service"
    assert port["name"] == "pierhead-vip-service"
    assert port["binding:host_id"] == ""
    assert list(ipam.reservations()) == [reservation]


@pytest.mark.parametrize("address", [None, "10.0.0.5"])
def test_an_owner_gets_the_same_address_again(neutron, ipam, subnet_id, address):
    first = ipam.reserve_address(subnet_id, address, "service", "alice")
    assert ipam.reserve_address(subnet_id, address, "service", "alice") == first
    assert len(neutron.ports) == 1


def test_an_owner_may_have_an_address_on_each_of_two_subnets(neutron, ipam, subnet_id):
    (other_id,) = neutron.add_network("other", "10.7.0.0/24")
    first = ipam.reserve_address(subnet_id, None, "service", "alice")
    second = ipam.reserve_address(other_id, None, "service", "alice")
    assert (first.subnet_id, second.subnet_id) == (subnet_id, other_id)
    assert ipam.reserve_address(subnet_id, None, "service", "alice") == first


def test_of_several_ports_of_a_race_the_first_by_id_stays(neutron, ipam, subnet_id):
    first = ipam.reserve_address(subnet_id, None, "service", "alice")
    twin = {key: value for key, value in neutron.ports[first.id].items() if key != "id"}
    neutron.create_port({**twin, "fixed_ips": [{"subnet_id": subnet_id}]})
    assert ipam.reserve_address(subnet_id, None, "service", "alice") == first
    assert list(neutron.ports) == [first.id]


def test_a_port_that_another_tenant_forged_is_nobodys_reservation(neutron, ipam, subnet_id):
    forged = {
        "network_id": "net",
        "project_id": "mallory",
        "name": "pierhead-vip-service",
        "device_id": "service",
        "device_owner": "neutron:LOADBALANCER",
        "fixed_ips": [{"subnet_id": subnet_id}],
    }
    theirs = neutron.create_port(forged)
    assert ipam.reserve_address(subnet_id, None, "service", "alice").id != theirs["id"]


@pytest.mark.parametrize("address", ["10.0.0.99", "10.0.0.0", "10.0.0.7", "::1"])
def test_an_address_that_no_host_of_the_subnet_has_is_refused(ipam, subnet_id, address):
    with pytest.raises(InvalidInput, match="address"):
        ipam.reserve_address(subnet_id, address, "service", "alice")


@pytest.mark.parametrize("address", ["10.0.0.1", "10.0.0.4"])
def test_an_address_that_is_taken_is_in_use(ipam, subnet_id, address):
    ipam.reserve_address(subnet_id, "10.0.0.4", "other", "alice")
    with pytest.raises(AddressInUse, match=address):
        ipam.reserve_address(subnet_id, address, "service", "alice")


def test_a_subnet_that_is_not_there_is_not_found(ipam):
    with pytest.raises(NotFound):
        ipam.reserve_address("none", None, "service", "alice")


def test_a_subnet_is_full_some_day(ipam, subnet_id):
    for number in range(5):
        ipam.reserve_address(subnet_id, None, f"service{number}", "alice")
    with pytest.raises(NoFreeAddress):
        ipam.reserve_address(subnet_id, None, "late", "alice")
    ipam.release_address("service3")
    assert ipam.reserve_address(subnet_id, None, "late", "alice").address == "10.0.0.5"


def test_more_ports_than_the_tenant_may_have_are_over_quota(neutron, ipam, subnet_id):
    neutron.quotas["alice"] = 1
    ipam.reserve_address(subnet_id, None, "one", "alice")
    with pytest.raises(OverQuota) as refused:
        ipam.reserve_address(subnet_id, None, "two", "alice")
    assert (refused.value.kind, refused.value.project_id, refused.value.limit) == (
        "Port",
        "alice",
        1,
    )


@pytest.mark.parametrize(
    ("refusal", "address", "error"),
    [
        (CallFailure("SubnetNotFound", 404), None, NotFound),
        (CallFailure("InvalidInput", 400), "10.0.0.4", InvalidInput),
        (CallFailure("InvalidInput", 400), None, WiringFailure),
        (CallFailure("IpAddressInUse", 409), "10.0.0.4", AddressInUse),
        (CallFailure("MacAddressInUse", 409), "10.0.0.4", WiringFailure),
        (CallFailure("IpAddressGenerationFailureAllSubnets", 409), None, NoFreeAddress),
        (CallFailure("HTTPInternalServerError", 500), "10.0.0.4", WiringFailure),
    ],
)
def test_what_neutron_refuses_later_is_told_in_our_words(refusal, address, error):
    class Refusing(NeutronDouble):
        def create_port(self, body):
            raise refusal

    neutron = Refusing()
    (subnet_id,) = neutron.add_network("net", CIDR)
    with pytest.raises(error):
        NeutronIpam(neutron).reserve_address(subnet_id, address, "service", "alice")


def test_a_request_that_took_effect_after_it_was_given_up_counts(
    neutron, ipam, subnet_id, monkeypatch
):
    create = neutron.create_port

    def late(body):
        create(body)
        return create(body)

    monkeypatch.setattr(neutron, "create_port", late)
    reservation = ipam.reserve_address(subnet_id, "10.0.0.4", "service", "alice")
    assert list(neutron.ports) == [reservation.id]


def test_released_is_what_the_owner_has_and_nothing_else(neutron, ipam, subnet_id):
    (other_id,) = neutron.add_network("other", "10.7.0.0/24")
    kept = ipam.reserve_address(subnet_id, None, "kept", "alice")
    ipam.reserve_address(subnet_id, None, "service", "alice")
    ipam.reserve_address(other_id, None, "service", "alice")
    ipam.release_address("service")
    ipam.release_address("service")
    assert list(ipam.reservations()) == [kept]


def test_addresses_that_other_subnets_add_by_themselves_are_not_the_vips(neutron, ipam, subnet_id):
    reservation = ipam.reserve_address(subnet_id, None, "service", "alice")
    port = neutron.ports[reservation.id]
    port["fixed_ips"].insert(0, {"subnet_id": "slaac", "ip_address": "2001:db8::9"})
    assert ipam.reserve_address(subnet_id, None, "service", "alice") == reservation


def test_ports_of_others_are_no_reservations(neutron, ipam, subnet_id):
    neutron.create_port({"network_id": "net", "project_id": "alice", "name": "pierhead-vip-"})
    neutron.create_port(
        {
            "network_id": "net",
            "project_id": "alice",
            "device_id": "octavia",
            "device_owner": "neutron:LOADBALANCER",
        }
    )
    assert not ipam.reservations()
    ipam.release_address("octavia")
    assert len(neutron.ports) == 2


def test_addresses_are_not_in_the_store(ipam):
    assert not ipam.in_store
