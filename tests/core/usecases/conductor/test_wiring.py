"""Wiring that another system does: it takes time, follows devices, and can be changed there."""

from dataclasses import replace

import pytest
from dependency_injector import providers

from adapters.network.memory import MemoryWirer
from core.domain.device import AdminState
from core.domain.lifecycle import Status
from core.domain.network import Subnet, default_pools
from core.domain.query import Query
from core.domain.wiring import VIRTUAL, DeviceWiring, Site, WiringKind
from core.ports.network_wirer import WiringFailure
from core.usecases.fleet.device_types import UpdateDevice
from core.usecases.loadbalancing.types import UpdateVip
from pierhead.containers.memory import Memory
from tests.core.usecases.conductor.lab import ADMIN, Lab


class RemoteLab(Lab):
    """A Lab whose networks are another system's."""

    def __init__(self) -> None:
        self.networks: MemoryWirer | None = None
        super().__init__()

    def _new_process(self) -> Memory:
        process = super()._new_process()
        if self.networks is None:
            self.networks = MemoryWirer(self.clock, process.ids(), remote=True)
        process.wirer.override(providers.Object(self.networks))
        return process

    def add_subnet(self, cidr: str) -> str:
        identity = f"subnet-{cidr}"
        self.networks.add_subnet(
            Subnet(
                id=identity,
                project_id="demo",
                network_id=f"net-{cidr}",
                cidr=cidr,
                allocation_pools=default_pools(cidr, None),
            )
        )
        return identity

    def audit(self) -> None:
        self.process.core.wiring_audit().run()
        self.settle()

    def attachment(self, device_id: str):
        """The only one, as it is stored and as it is."""
        with self.store.read() as work:
            (network,) = work.ledger.usage([device_id])[device_id].networks
        (actual,) = self.networks.attachments()
        assert replace(actual, interface=network.interface) == network.attachment
        return network.attachment


@pytest.fixture
def lab() -> RemoteLab:
    return RemoteLab()


@pytest.fixture
def wired(lab) -> tuple[str, str]:
    """A device and the VIP that it serves."""
    device_id = lab.add_device()
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("10.1.0.0/24")
    vip_id = lab.add_vip(subnet, lab.add_pool(subnet, ("10.1.0.9", 80)))
    lab.settle()
    assert lab.vip(vip_id).status is Status.ACTIVE
    return device_id, vip_id


def test_a_device_is_attached_on_the_host_of_its_agent(lab, wired):
    attachment = lab.attachment(wired[0])
    assert (attachment.host, attachment.cidrs) == ("localhost", ("10.1.0.0/24",))


def test_nothing_is_attached_before_an_agent_holds_the_device(lab):
    lab.silent.add("memory")
    lab.add_device()
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("10.1.0.0/24")
    vip_id = lab.add_vip(subnet, lab.add_pool(subnet))
    lab.settle()
    assert lab.networks.attachments() == ()
    lab.silent.clear()
    lab.pass_time(40)
    assert lab.vip(vip_id).status is Status.ACTIVE
    assert len(lab.networks.attachments()) == 1


def test_a_host_that_the_owner_names_is_the_one(lab):
    device_id = lab.add_device()
    with lab.store.write() as work:
        device = work.devices.get(device_id)
        work.devices.save(replace(device, wiring=DeviceWiring(host="far")))
        work.commit()
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("10.1.0.0/24")
    lab.add_vip(subnet, lab.add_pool(subnet))
    lab.settle()
    assert lab.attachment(device_id).host == "far"


def test_wires_follow_a_device_to_an_agent_elsewhere(lab, wired):
    device_id, vip_id = wired
    before = lab.attachment(device_id)
    lab.add_agent("other", host="elsewhere")
    lab.silent.add("memory")
    lab.pass_time(15)
    assert lab.stored_device(device_id).agent_id == "other"
    after = lab.attachment(device_id)
    assert (after.host, after.port_id) == ("elsewhere", before.port_id)
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_a_network_that_cannot_be_attached_fails_its_services_until_it_can(lab, wired, monkeypatch):
    def fail(*_):
        raise WiringFailure("the network service does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryWirer, "attach", fail)
        subnet = lab.add_subnet("10.2.0.0/24")
        vip_id = lab.add_vip(subnet, lab.add_pool(subnet))
        lab.settle()
        assert lab.vip(vip_id).status is Status.ERROR
        assert lab.why(vip_id) == "the network service does not answer"
    assert lab.vip(wired[1]).status is Status.ACTIVE
    lab.pass_time(10)
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_what_waits_when_its_process_dies_is_done_by_the_next(lab):
    lab.add_device()
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("10.1.0.0/24")
    lab.settle()
    vip_id = lab.add_vip(subnet, lab.add_pool(subnet))
    lab.acting = "conductor"
    lab.conductor.advance()
    assert lab.networks.attachments() == ()
    lab.restart()
    lab.settle()
    lab.pass_time(13)
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_nobody_else_is_at_a_network_while_its_attaching_takes_long(lab, monkeypatch):
    device_id = lab.add_device()
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("10.1.0.0/24")
    lab.settle()
    lab.add_vip(subnet, lab.add_pool(subnet))
    lab.conductor.advance()
    ours = lab.process.core.wiring()
    real = MemoryWirer.attach
    rivals = []

    def slow(*arguments):
        for _ in range(10):
            lab.clock.advance(3.0)
            ours.extend()
            with lab.store.write() as work:
                now = lab.clock.now()
                rivals.append(work.ledger.start_wiring(device_id, "net-10.1.0.0/24", now, now + 1))
        return real(*arguments)

    monkeypatch.setattr(MemoryWirer, "attach", slow)
    assert ours.serve_one(timeout=0.0)
    assert rivals == [False] * 10
    lab.beat()
    lab.pass_time(3)
    assert lab.attachment(device_id).cidrs == ("10.1.0.0/24",)
    ours.extend()
    with lab.store.read() as work:
        (network,) = work.ledger.usage([device_id])[device_id].networks
    assert network.wiring_until is None


def test_what_was_not_extended_in_time_is_left_to_others(lab):
    lab.add_device()
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("10.1.0.0/24")
    lab.settle()
    lab.add_vip(subnet, lab.add_pool(subnet))
    lab.conductor.advance()
    lab.clock.advance(13.0)
    assert lab.process.core.wiring().serve_one(timeout=0.0)
    assert lab.networks.attachments() == ()


def test_a_network_without_users_is_detached(lab, wired):
    lab.process.core.vips().delete(ADMIN, wired[1])
    lab.settle()
    assert lab.networks.attachments() == ()
    assert lab.networks.reservations() == ()
    lab.check_nothing_leaked()


def test_the_audit_leaves_alone_what_is_right(lab, wired):
    revision = service(lab, wired[1]).desired_revision
    lab.audit()
    assert service(lab, wired[1]).desired_revision == revision
    assert lab.attachment(wired[0]).host == "localhost"


def test_an_attachment_that_somebody_deletes_is_made_again(lab, wired):
    device_id, vip_id = wired
    lab.networks.lose(device_id, "net-10.1.0.0/24")
    lab.audit()
    assert lab.attachment(device_id).host == "localhost"
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_an_attachment_that_is_lost_while_a_change_is_carried_out_is_made_again(lab, wired):
    """The order that is on its way told the device of the lost one."""
    device_id, vip_id = wired
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=5))
    lab.process.core.conductor().advance()
    assert not service(lab, vip_id).settled
    lab.networks.lose(device_id, "net-10.1.0.0/24")
    lab.process.core.wiring_audit().run()
    while not service(lab, vip_id).settled:
        lab.settle()
    lab.audit()
    assert lab.attachment(device_id).host == "localhost"
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_an_attachment_that_belongs_to_nothing_goes_at_the_second_look(lab, wired):
    site = replace(site_of(wired[0]), device_id="gone")
    lab.networks.attach(site, "net-x", "eth0", ["10.9.0.0/24"])
    lab.audit()
    assert len(lab.networks.attachments()) == 2
    lab.audit()
    assert lab.attachment(wired[0]).device_id == wired[0]


def test_a_vip_whose_port_somebody_deletes_gets_its_address_again(lab, wired):
    before = lab.vip(wired[1])
    lab.networks.release_address(wired[1])
    lab.audit()
    after = lab.vip(wired[1])
    assert after.address == before.address
    assert after.port_id != before.port_id
    assert [each.id for each in lab.networks.reservations()] == [after.port_id]


def test_an_address_that_a_deleted_vip_gave_back_is_not_taken_again(lab, wired):
    """Its rows may be there a moment longer, and whatever is taken then, nobody gives back."""
    lab.process.core.vips().delete(ADMIN, wired[1])
    lab.networks.release_address(wired[1])
    lab.process.core.wiring_audit().run()
    assert list(lab.networks.reservations()) == []


def test_an_address_that_somebody_else_took_meanwhile_is_told_of(lab, wired, caplog):
    address = lab.vip(wired[1]).address
    lab.networks.release_address(wired[1])
    lab.networks.reserve_address("subnet-10.1.0.0/24", address, "other", "demo")
    lab.audit()
    assert f"has lost its address {address}" in caplog.text
    assert lab.vip(wired[1]).status is Status.ACTIVE


def test_a_device_that_cannot_be_wired_is_not_chosen_until_it_can(lab):
    lab.networks.refuse(WiringKind.TRUNK, "there is no trunk extension")
    device_id = lab.add_device()
    with lab.store.write() as work:
        device = work.devices.get(device_id)
        wiring = DeviceWiring(kind=WiringKind.TRUNK, trunk_id="t")
        work.devices.save(replace(device, wiring=wiring))
        work.commit()
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("10.1.0.0/24")
    lab.settle()
    vip_id = lab.add_vip(subnet, lab.add_pool(subnet))
    lab.settle()
    assert lab.vip(vip_id).status is Status.ERROR
    assert "1 that the network cannot be wired to" in lab.why(vip_id)
    with lab.store.read() as work:
        (decision,) = work.decisions.find(Query())
    assert dict(decision.refusals) == {"not-wirable": 1}
    lab.networks.refuse(WiringKind.TRUNK, None)
    lab.audit()
    assert lab.vip(vip_id).status is Status.ACTIVE


def test_a_device_that_goes_takes_its_wires_along(lab, wired):
    device_id, vip_id = wired
    lab.process.core.vips().delete(ADMIN, vip_id)
    lab.process.core.devices().update(
        ADMIN, device_id, UpdateDevice(admin_state=AdminState.DRAINING)
    )
    lab.settle()
    lab.process.core.devices().delete(ADMIN, device_id)
    lab.pass_time(5)
    assert lab.stored_device(device_id) is None
    assert lab.networks.attachments() == ()


def service(lab: RemoteLab, identity: str):
    with lab.store.read() as work:
        return work.services.get(identity)


def site_of(device_id: str) -> Site:
    return Site(device_id=device_id, wiring=VIRTUAL, host="localhost")
