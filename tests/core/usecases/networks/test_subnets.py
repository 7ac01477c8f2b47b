"""Subnets: Neutron's arithmetic and refusals."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import AddressInUse, InvalidInput, NotFound
from core.domain.network import AllocationPool, Reservation, default_pools
from core.domain.query import Query
from core.usecases.caller import Caller
from core.usecases.networks.subnet_rules import checked_pools, gateway_of, parse_cidr
from core.usecases.networks.types import HostRoute, UpdateSubnet
from core.usecases.resource import UNCHANGED

ALICE = Caller("alice", is_admin=False)
BOB = Caller("bob", is_admin=False)
ADMIN = Caller("ops", is_admin=True)


def test_a_subnet_has_neutrons_defaults(catalogue):
    subnet = catalogue.subnet(cidr="10.0.0.0/24")
    assert (subnet.cidr, subnet.ip_version, subnet.gateway_ip) == ("10.0.0.0/24", 4, "10.0.0.1")
    assert subnet.allocation_pools == (AllocationPool("10.0.0.2", "10.0.0.254"),)
    assert (subnet.enable_dhcp, subnet.dns_nameservers, subnet.host_routes) == (True, (), ())


def test_set_host_bits_are_cut_off(catalogue):
    assert catalogue.subnet(cidr="10.0.0.77/24").cidr == "10.0.0.0/24"


def test_a_gateway_can_be_chosen_or_left_out(catalogue):
    chosen = catalogue.subnet(cidr="10.0.0.0/24", gateway_ip="10.0.0.254")
    assert chosen.allocation_pools == (AllocationPool("10.0.0.1", "10.0.0.253"),)
    none = catalogue.subnet(cidr="10.0.1.0/24", gateway_ip=None)
    assert none.gateway_ip is None
    assert none.allocation_pools == (AllocationPool("10.0.1.1", "10.0.1.254"),)


def test_ipv6_has_room_too(catalogue):
    subnet = catalogue.subnet(cidr="2001:db8::/64", ip_version=6)
    assert (subnet.ip_version, subnet.gateway_ip) == (6, "2001:db8::1")


@pytest.mark.parametrize(
    "change",
    [
        {"cidr": "10.0.0.0"},
        {"cidr": "10.0.0.0/33"},
        {"cidr": "10.0.0.0/255.255.255.0"},
        {"cidr": "fe80::%1/64"},
        {"cidr": "ten/8"},
        {"cidr": ""},
        {"ip_version": 6},
        {"gateway_ip": "10.0.1.1"},
        {"gateway_ip": "10.0.0.0"},
        {"gateway_ip": "x"},
        {"allocation_pools": (AllocationPool("10.0.0.5", "10.0.1.5"),)},
        {"allocation_pools": (AllocationPool("10.0.0.9", "10.0.0.5"),)},
        {"allocation_pools": (AllocationPool("10.0.0.1", "10.0.0.5"),)},
        {"allocation_pools": (AllocationPool("10.0.0.0", "10.0.0.5"),), "gateway_ip": None},
        {"allocation_pools": (AllocationPool("::1", "::2"),)},
        {
            "allocation_pools": (
                AllocationPool("10.0.0.9", "10.0.0.20"),
                AllocationPool("10.0.0.5", "10.0.0.9"),
            )
        },
        {"dns_nameservers": ("dns",)},
        {"dns_nameservers": ("1.1.1.1",) * 6},
        {"host_routes": (HostRoute("10.0.0.0", "10.0.0.1"),)},
        {"host_routes": (HostRoute("10.0.0.0/8", "here"),)},
        {"name": "a\0"},
        {"tenant_id": "bob"},
    ],
)
def test_what_cannot_be_is_refused_and_not_stored(catalogue, change):
    with pytest.raises(InvalidInput):
        catalogue.subnet(**{"cidr": "10.0.0.0/24"} | change)
    assert catalogue.subnets.list(ALICE, Query()) == []


def test_subnets_of_one_network_do_not_overlap(catalogue):
    network = catalogue.network()
    catalogue.subnet(network_id=network.id, cidr="10.0.0.0/16")
    with pytest.raises(InvalidInput, match=r"10\.0\.0\.0/16"):
        catalogue.subnet(network_id=network.id, cidr="10.0.5.0/24")
    assert catalogue.subnet(cidr="10.0.5.0/24").cidr == "10.0.5.0/24"


def test_on_loopback_no_two_subnets_overlap(loopback):
    loopback.subnet(cidr="127.1.0.0/16")
    with pytest.raises(InvalidInput, match=r"cidr.*127\.1\.0\.0/16.*once"):
        loopback.subnet(BOB, cidr="127.1.5.0/24")
    with pytest.raises(InvalidInput, match=r"cidr.*127\.0\.0\.0/8"):
        loopback.subnet(cidr="10.0.0.0/24")


def test_a_subnet_belongs_to_the_project_of_its_network(catalogue):
    network = catalogue.network(ALICE)
    assert catalogue.subnet(ADMIN, network_id=network.id, cidr="10.0.0.0/24").project_id == "alice"
    with pytest.raises(NotFound):
        catalogue.subnet(BOB, network_id=network.id, cidr="10.0.1.0/24")


def test_a_subnet_changes(catalogue):
    subnet = catalogue.subnet(cidr="10.0.0.0/24")
    changed = catalogue.subnets.update(
        ALICE,
        subnet.id,
        UpdateSubnet(
            name="n",
            gateway_ip=None,
            allocation_pools=(AllocationPool("10.0.0.1", "10.0.0.9"),),
            enable_dhcp=False,
            dns_nameservers=("127.0.0.53",),
            host_routes=(HostRoute("10.9.0.1/16", "10.0.0.1"),),
        ),
    )
    assert (changed.name, changed.gateway_ip, changed.enable_dhcp) == ("n", None, False)
    assert changed.allocation_pools == (AllocationPool("10.0.0.1", "10.0.0.9"),)
    assert changed.host_routes == (HostRoute("10.9.0.0/16", "10.0.0.1"),)
    assert catalogue.subnets.show(ALICE, subnet.id) == changed
    same = catalogue.subnets.update(ALICE, subnet.id, UpdateSubnet())
    assert same == changed


def test_a_new_gateway_must_be_outside_the_pools_and_free(catalogue):
    subnet = catalogue.subnet(
        cidr="10.0.0.0/24", allocation_pools=(AllocationPool("10.0.0.10", "10.0.0.20"),)
    )
    with pytest.raises(InvalidInput, match="allocation_pools"):
        catalogue.subnets.update(ALICE, subnet.id, UpdateSubnet(gateway_ip="10.0.0.15"))
    with catalogue.store.write() as work:
        work.reservations.add(
            Reservation(
                id="port",
                subnet_id=subnet.id,
                address="10.0.0.99",
                owner="vip",
                reserved_at=0.0,
            )
        )
        work.commit()
    with pytest.raises(AddressInUse):
        catalogue.subnets.update(ALICE, subnet.id, UpdateSubnet(gateway_ip="10.0.0.99"))
    moved = catalogue.subnets.update(ALICE, subnet.id, UpdateSubnet(gateway_ip="10.0.0.98"))
    assert moved.gateway_ip == "10.0.0.98"


@given(st.integers(8, 32), st.integers(0, 2**24 - 1), st.booleans())
def test_default_pools_pass_the_check_for_given_ones(length, host, with_gateway):
    network = parse_cidr("cidr", f"{ipaddress.ip_address((10 << 24) + host)}/{length}")
    gateway = gateway_of(network, UNCHANGED if with_gateway else None)
    pools = default_pools(str(network), gateway)
    assert checked_pools(network, pools, gateway) == pools
