"""What the wirer relies on, with a real Neutron."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from adapters.network.neutron import NeutronIpam, NeutronWirer
from core.domain.binding import Attachment
from core.domain.errors import AddressInUse, InvalidInput, NoFreeAddress, NotFound, OverQuota
from core.domain.wiring import DeviceWiring, Plug, Site, WiringKind
from core.ports.network_wirer import WiringFailure
from tests.lab.networks import call, wait_until
from tests.lab.site import NeutronLab
from tests.lab.wiring.in_process import calls_within

SECOND = "10.0.1.0/24"


@pytest.fixture
def wirer(calls) -> NeutronWirer:
    return NeutronWirer(calls)


@pytest.fixture
def ipam(calls) -> NeutronIpam:
    return NeutronIpam(calls)


@pytest.fixture
def site(lab, ground, wirer) -> Iterator[Site]:
    """A device of this test's own, which leaves nothing whatever happens."""
    made = Site(device_id=str(uuid4()), wiring=DeviceWiring(), host=lab.host)
    yield made
    wirer.detach(made, ground.network_id)
    assert not found(wirer, made)


def found(wirer: NeutronWirer, site: Site) -> list[Attachment]:
    """What the device is attached to."""
    return [each for each in wirer.attachments() if each.device_id == site.device_id]


def test_a_subnet_may_be_seen_by_those_that_its_network_is_shared_with(lab, ground, ipam):
    info = ipam.subnet(ground.subnet_id)
    assert (info.network_id, info.cidr) == (ground.network_id, ground.cidr)
    assert info.visible_to(ground.project)
    bob, carol = str(uuid4()), str(uuid4())
    assert not info.visible_to(bob)
    policy = {
        "object_type": "network",
        "object_id": ground.network_id,
        "action": "access_as_shared",
    }
    made = call(lab, "POST", "rbac-policies", rbac_policy={**policy, "target_tenant": bob})
    assert ipam.subnet(ground.subnet_id).visible_to(bob)
    assert not ipam.subnet(ground.subnet_id).visible_to(carol)
    call(lab, "DELETE", f"rbac-policies/{made['rbac_policy']['id']}")
    call(lab, "PUT", f"networks/{ground.network_id}", network={"shared": True})
    assert ipam.subnet(ground.subnet_id).shared
    assert ipam.subnet("none") is None


def test_addresses_are_given_kept_and_refused(ground, ipam):
    def reserve(address, owner):
        return ipam.reserve_address(ground.subnet_id, address, owner, ground.project)

    given = {f"service{number}": reserve(None, f"service{number}") for number in range(4)}
    wanted = "10.0.0.2" if "10.0.0.2" not in {each.address for each in given.values()} else None
    given["last"] = reserve(wanted, "last")
    assert {each.address for each in given.values()} == {f"10.0.0.{n}" for n in range(2, 7)}
    assert {each.owner: each for each in ipam.reservations()} == given
    assert reserve(None, "service2") == given["service2"]
    with pytest.raises(NoFreeAddress):
        reserve(None, "late")
    with pytest.raises(AddressInUse):
        reserve(given["service1"].address, "late")
    with pytest.raises(AddressInUse):
        reserve("10.0.0.1", "late")
    with pytest.raises(InvalidInput):
        reserve("10.0.9.1", "late")
    with pytest.raises(NotFound):
        ipam.reserve_address("none", None, "late", ground.project)
    for owner in given:
        ipam.release_address(owner)
    assert not ipam.reservations()


def test_a_tenants_quota_of_ports_holds_for_vips(lab, ground, ipam):
    call(lab, "PUT", f"quotas/{ground.project}", quota={"port": 1})
    ipam.reserve_address(ground.subnet_id, None, "one", ground.project)
    with pytest.raises(OverQuota) as refused:
        ipam.reserve_address(ground.subnet_id, None, "two", ground.project)
    assert (refused.value.project_id, refused.value.limit) == (ground.project, 1)
    ipam.release_address("one")
    ipam.reserve_address(ground.subnet_id, None, "two", ground.project)
    ipam.release_address("two")


def test_the_vip_shows_in_neutron_as_the_tenants_own(lab, ground, ipam):
    reservation = ipam.reserve_address(ground.subnet_id, None, "service", ground.project)
    with lab.session(ground.project, "member") as session:
        port = session.get(f"{lab.url}/v2.0/ports/{reservation.id}").json()["port"]
    assert port["device_owner"] == "neutron:LOADBALANCER"
    assert port["name"] == "pierhead-vip-service"
    ipam.release_address("service")


def test_a_network_can_get_another_subnet(lab, ground, wirer, site):
    call(
        lab,
        "POST",
        "subnets",
        subnet={
            "network_id": ground.network_id,
            "project_id": ground.project,
            "ip_version": 4,
            "cidr": SECOND,
            "enable_dhcp": False,
        },
    )
    first = wirer.attach(site, ground.network_id, "eth1", [ground.cidr])
    both = wirer.attach(site, ground.network_id, "eth1", [SECOND])
    assert (both.port_id, both.mac) == (first.port_id, first.mac)
    assert both.cidrs == (ground.cidr, SECOND)
    assert len(both.addresses) == 2
    assert found(wirer, site) == [both]
    wirer.detach(site, ground.network_id)


@pytest.mark.parametrize(
    "change",
    [
        {"allowed_address_pairs": []},
        {"fixed_ips": []},
        {"admin_state_up": False},
        {"binding:host_id": "elsewhere"},
        {"device_owner": "compute:nova"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_was_changed_behind_our_back_is_told_and_put_right(lab, ground, wirer, site, change):
    attached = wirer.attach(site, ground.network_id, "eth1", [ground.cidr])
    call(lab, "PUT", f"ports/{attached.port_id}", port=change)
    assert found(wirer, site) != [attached]
    again = wirer.attach(site, ground.network_id, "eth1", [ground.cidr])
    assert found(wirer, site) == [again]
    assert replace(again, addresses=attached.addresses) == attached
    wirer.detach(site, ground.network_id)


def test_what_was_deleted_behind_our_back_is_told_and_made_anew(lab, ground, wirer, site):
    attached = wirer.attach(site, ground.network_id, "eth1", [ground.cidr])
    call(lab, "DELETE", f"ports/{attached.port_id}")
    assert not found(wirer, site)
    again = wirer.attach(site, ground.network_id, "eth1", [ground.cidr])
    assert found(wirer, site) == [again]
    wirer.detach(site, ground.network_id)
    wirer.detach(site, ground.network_id)


def test_a_host_without_an_agent_fails_and_the_right_one_then_does_it(ground, wirer, site):
    with pytest.raises(WiringFailure, match="found nothing that takes"):
        wirer.attach(replace(site, host="nowhere"), ground.network_id, "eth1", [ground.cidr])
    assert wirer.attach(site, ground.network_id, "eth1", [ground.cidr]).host == site.host
    wirer.detach(site, ground.network_id)


def test_a_trunk_and_our_mechanism_driver_are_seen(ground, wirer, trunk_id):
    wirer.attachments()
    for wiring in (
        DeviceWiring(kind=WiringKind.TRUNK, trunk_id=trunk_id),
        DeviceWiring(kind=WiringKind.PHYSICAL, host="appliance"),
    ):
        assert wirer.refusal(wiring) is None


def test_a_device_may_be_wired_in_another_way(ground, wirer, site, trunk_id):
    kinds = [
        DeviceWiring(kind=WiringKind.TRUNK, trunk_id=trunk_id),
        DeviceWiring(kind=WiringKind.PHYSICAL, host="appliance"),
        DeviceWiring(),
        DeviceWiring(kind=WiringKind.TRUNK, trunk_id=trunk_id),
        DeviceWiring(),
    ]
    for wiring in kinds:
        now = replace(site, wiring=wiring)
        attached = wirer.attach(now, ground.network_id, "eth1", [ground.cidr])
        assert (attached.plug is Plug.PORT) is (wiring.kind is WiringKind.VIRTUAL)
        assert found(wirer, site) == [attached]
    wirer.detach(now, ground.network_id)


def test_the_ports_of_devices_may_be_nobodys(lab, ground, site):
    with calls_within(lab, "") as calls:
        wirer = NeutronWirer(calls)
        attached = wirer.attach(site, ground.network_id, "eth1", [ground.cidr])
        assert wirer.attach(site, ground.network_id, "eth1", [ground.cidr]) == attached
        assert found(wirer, site) == [attached]
        wirer.detach(site, ground.network_id)
        assert not found(wirer, site)


def test_a_race_in_neutrons_database_is_run_again(lab, ground, wirer, site, trunk_id):
    """Somebody else changes the trunk between the reading and the writing of its row."""
    now = replace(site, wiring=DeviceWiring(kind=WiringKind.TRUNK, trunk_id=trunk_id))
    attached: list[Attachment] = []

    def attach() -> None:
        attached.append(wirer.attach(now, ground.network_id, "eth1", [ground.cidr]))

    with lab.database() as database:
        database.execute(
            "UPDATE standardattributes SET revision_number = revision_number + 1"
            " WHERE id = (SELECT standard_attr_id FROM trunks WHERE id = %s)",
            [trunk_id],
        )
        attaching = threading.Thread(target=attach)
        attaching.start()
        wait_until(lambda: _somebody_waits(lab), "the row is waited for")
        database.commit()
        attaching.join()
    assert found(wirer, site) == attached
    wirer.detach(now, ground.network_id)


def _somebody_waits(lab: NeutronLab) -> bool:
    with lab.database() as database:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return bool(database.execute(waiting).fetchone()[0])
