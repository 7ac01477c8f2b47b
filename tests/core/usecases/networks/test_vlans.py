"""The VLAN of a network: an admin's to choose and see, and one network's only."""

import pytest

from core.domain.errors import AlreadyExists, Forbidden, InUse, InvalidInput
from core.domain.query import Query
from core.usecases.caller import Caller
from core.usecases.networks.types import UpdateNetwork

ALICE = Caller("alice", is_admin=False)
ADMIN = Caller("ops", is_admin=True)


def test_only_an_admin_chooses_and_sees_it(catalogue):
    with pytest.raises(Forbidden):
        catalogue.network(ALICE, segmentation_id=7)
    made = catalogue.network(ADMIN, tenant_id="alice", segmentation_id=7)
    assert made.segmentation_id == 7
    assert catalogue.networks.show(ADMIN, made.id).segmentation_id == 7
    assert catalogue.networks.show(ALICE, made.id).segmentation_id is None
    for vlan in (8, None):
        with pytest.raises(Forbidden):
            catalogue.networks.update(ALICE, made.id, UpdateNetwork(segmentation_id=vlan))


def test_a_tenant_does_not_find_out_by_a_filter(catalogue):
    made = catalogue.network(ADMIN, tenant_id="alice", segmentation_id=7)
    query = Query(filters={"segmentation_id": (7,)})
    assert [each.id for each in catalogue.networks.list(ADMIN, query)] == [made.id]
    assert catalogue.networks.list(ALICE, query) == []


def test_a_tenants_other_changes_leave_it(catalogue):
    made = catalogue.network(ADMIN, tenant_id="alice", segmentation_id=7)
    catalogue.networks.update(ALICE, made.id, UpdateNetwork(name="new"))
    assert catalogue.networks.show(ADMIN, made.id).segmentation_id == 7


def test_it_is_one_networks_only(catalogue):
    first, second = catalogue.network(ADMIN, segmentation_id=7), catalogue.network(ADMIN)
    with pytest.raises(AlreadyExists, match="provider:segmentation_id 7"):
        catalogue.network(ADMIN, segmentation_id=7)
    change = UpdateNetwork(segmentation_id=7)
    with pytest.raises(AlreadyExists):
        catalogue.networks.update(ADMIN, second.id, change)
    catalogue.networks.update(ADMIN, first.id, UpdateNetwork(segmentation_id=None))
    assert catalogue.networks.update(ADMIN, second.id, change).segmentation_id == 7


@pytest.mark.parametrize("vlan", [0, -1, 4095])
def test_it_is_a_vlan(catalogue, vlan):
    with pytest.raises(InvalidInput, match=f"{vlan} is no VLAN from 1 to 4094"):
        catalogue.network(ADMIN, segmentation_id=vlan)


def test_it_stays_while_a_device_is_on_the_network(catalogue):
    subnet = catalogue.subnet(cidr="10.0.0.0/24")
    catalogue.bind(subnet)
    change = UpdateNetwork(segmentation_id=7)
    with pytest.raises(InUse, match="device device"):
        catalogue.networks.update(ADMIN, subnet.network_id, change)
    catalogue.unbind()
    with pytest.raises(InUse, match="device device"):
        catalogue.networks.update(ADMIN, subnet.network_id, change)
    with catalogue.store.write() as work:
        work.ledger.end_wiring("device", subnet.network_id, None)
        work.commit()
    assert catalogue.networks.update(ADMIN, subnet.network_id, change).segmentation_id == 7
