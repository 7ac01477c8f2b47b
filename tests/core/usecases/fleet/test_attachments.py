"""What an operator sees of the wiring."""

import pytest

from core.domain.errors import Forbidden, NotFound
from core.domain.query import Query
from core.domain.wiring import VIRTUAL, Site
from core.usecases.caller import Caller
from core.usecases.fleet.attachments import Attachments, WireState
from tests.core.usecases.conductor.lab import ADMIN
from tests.core.usecases.conductor.test_wiring import RemoteLab

NETWORK = "net-10.1.0.0/24"


@pytest.fixture
def lab() -> RemoteLab:
    lab = RemoteLab()
    lab.device_id = lab.add_device()
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("10.1.0.0/24")
    lab.settle()
    lab.vip_id = lab.add_vip(subnet, lab.add_pool(subnet))
    return lab


def look(lab: RemoteLab) -> Attachments:
    return lab.process.core.attachments()


def states(lab: RemoteLab) -> dict[str, WireState]:
    return {each.network_id: each.state for each in look(lab).list(ADMIN, Query())}


def test_a_network_is_waiting_then_attached_and_in_the_end_forgotten(lab):
    lab.acting = "conductor"
    lab.conductor.advance()
    assert states(lab) == {NETWORK: WireState.WIRING}
    lab.settle()
    (view,) = look(lab).list(ADMIN, Query())
    assert (view.state, view.users, view.host) == (WireState.ATTACHED, 1, "localhost")
    assert view.subnets == ("10.1.0.0/24",)
    assert look(lab).show(ADMIN, view.id) == view
    lab.process.core.vips().delete(ADMIN, lab.vip_id)
    lab.settle()
    assert states(lab) == {}


def test_what_is_gone_and_what_is_left_over_are_told(lab):
    lab.settle()
    lab.networks.lose(lab.device_id, NETWORK)
    site = Site(device_id="gone", wiring=VIRTUAL, host="far")
    lab.networks.attach(site, "net-x", "eth0", ["10.9.0.0/24"])
    assert states(lab) == {NETWORK: WireState.LOST, "net-x": WireState.ORPHAN}
    wanted = Query(filters={"state": (WireState.ORPHAN,)})
    (orphan,) = look(lab).list(ADMIN, wanted)
    assert (orphan.device_id, orphan.users) == ("gone", 0)


def test_tenants_see_nothing_of_it(lab):
    tenant = Caller(project_id="alice", is_admin=False)
    with pytest.raises(Forbidden):
        look(lab).list(tenant, Query())
    with pytest.raises(Forbidden):
        look(lab).show(tenant, "x")


def test_one_that_is_not_there_is_not_found(lab):
    with pytest.raises(NotFound, match="Attachment x"):
        look(lab).show(ADMIN, "x")
