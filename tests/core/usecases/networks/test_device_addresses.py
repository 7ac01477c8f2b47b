"""Addresses that devices have of their own keep a subnet for as long as services need them."""

import pytest

from adapters.network.linux import LinuxWirer
from adapters.system import CountingIds, ManualClock
from core.domain.errors import AddressInUse, InUse
from core.domain.query import Query
from core.domain.wiring import VIRTUAL, Site
from core.usecases.caller import Caller
from core.usecases.networks.types import UpdateSubnet

ALICE = Caller("alice", is_admin=False)
SITE = Site(device_id="device", wiring=VIRTUAL, host=None)


@pytest.fixture
def wirer(catalogue) -> LinuxWirer:
    return LinuxWirer(catalogue.store, ManualClock(), CountingIds())


@pytest.fixture
def one(catalogue):
    return catalogue.subnet(cidr="10.0.0.0/24")


@pytest.fixture
def two(catalogue, one):
    return catalogue.subnet(network_id=one.network_id, cidr="10.0.1.0/24")


def reserved(catalogue) -> int:
    with catalogue.store.read() as work:
        return len(work.reservations.find(Query()))


def test_a_subnet_that_a_service_needs_on_a_device_stays(catalogue, wirer, one):
    catalogue.bind(one)
    wirer.attach(SITE, one.network_id, "data", [one.cidr])
    with pytest.raises(InUse, match=r"is in use by device device$"):
        catalogue.subnets.delete(ALICE, one.id)
    with pytest.raises(InUse, match=r"is in use by device device$"):
        catalogue.networks.delete(ALICE, one.network_id)


def test_a_subnet_goes_once_the_device_is_detached(catalogue, wirer, one):
    catalogue.bind(one)
    wirer.attach(SITE, one.network_id, "data", [one.cidr])
    catalogue.unbind()
    wirer.detach(SITE, one.network_id)
    catalogue.subnets.delete(ALICE, one.id)
    assert reserved(catalogue) == 0


def test_a_subnet_goes_while_the_device_is_being_detached(catalogue, wirer, one):
    catalogue.bind(one)
    wirer.attach(SITE, one.network_id, "data", [one.cidr])
    catalogue.unbind()
    catalogue.subnets.delete(ALICE, one.id)
    assert reserved(catalogue) == 0
    wirer.detach(SITE, one.network_id)


def test_a_subnet_that_no_service_needs_any_more_goes_with_the_devices_address(
    catalogue, wirer, one, two
):
    catalogue.bind(one, two)
    wirer.attach(SITE, one.network_id, "data", [one.cidr, two.cidr])
    catalogue.bind(one)
    catalogue.subnets.delete(ALICE, two.id)
    (left,) = wirer.attachments()
    assert left.cidrs == (one.cidr,)
    with pytest.raises(InUse):
        catalogue.subnets.delete(ALICE, one.id)


def test_a_network_goes_with_what_a_device_left_behind(catalogue, wirer, one, two):
    wirer.attach(SITE, one.network_id, "data", [one.cidr, two.cidr])
    catalogue.networks.delete(ALICE, one.network_id)
    assert reserved(catalogue) == 0


def test_a_gateway_cannot_take_a_devices_address(catalogue, wirer, one):
    (address,) = wirer.attach(SITE, one.network_id, "data", [one.cidr]).addresses
    change = UpdateSubnet(gateway_ip=address.partition("/")[0], allocation_pools=())
    with pytest.raises(AddressInUse):
        catalogue.subnets.update(ALICE, one.id, change)
