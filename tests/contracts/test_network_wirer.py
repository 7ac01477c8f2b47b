"""What every NetworkWirer promises."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from adapters.network.linux import LinuxWirer
from adapters.network.loopback import LoopbackWirer
from adapters.network.memory import MemoryWirer
from adapters.persistence.memory import MemoryStore
from adapters.persistence.sql import open_sql_store
from adapters.system import CountingIds, ManualClock
from core.domain.errors import AddressInUse, InvalidInput, NoFreeAddress, NotFound
from core.domain.network import Network, Subnet, default_pools
from core.domain.wiring import VIRTUAL, Site
from core.ports.network_wirer import NetworkWirer
from core.ports.store import Store

CIDR = "127.40.0.0/29"
HOSTS = [f"127.40.0.{number}" for number in range(1, 7)]
GATEWAY, FREE = HOSTS[0], HOSTS[1:]

CLOCK = ManualClock(1000.0)


@dataclass(frozen=True)
class Wiring:
    wirer: NetworkWirer
    add: Callable[[Subnet, bool], None]
    """Makes a subnet known to the wirer; True: shared."""
    member: str = "127.40.0.5"
    """An address that members can have."""


def subnet(identity: str = "s1", cidr: str = CIDR, gateway: str | None = GATEWAY) -> Subnet:
    return Subnet(
        id=identity,
        project_id="alice",
        network_id=f"net-{identity}",
        cidr=cidr,
        gateway_ip=gateway,
        allocation_pools=default_pools(cidr, gateway),
    )


def in_memory() -> Wiring:
    wirer = MemoryWirer(CLOCK, CountingIds())
    return Wiring(wirer, lambda new, shared: wirer.add_subnet(new, shared=shared))


def over(store: Store, kind: type[LoopbackWirer] | type[LinuxWirer]) -> Wiring:
    """A wirer over a store's catalogue."""

    def add(new: Subnet, shared: bool) -> None:
        with store.write() as work:
            work.networks.add(Network(id=new.network_id, project_id=new.project_id, shared=shared))
            work.subnets.add(new)
            work.commit()

    member = "127.40.0.5" if kind is LoopbackWirer else "10.40.0.5"
    return Wiring(kind(store, CLOCK, CountingIds()), add, member)


KINDS = {"loopback": LoopbackWirer, "linux": LinuxWirer}


@pytest.fixture(
    params=["memory", *(f"{kind} on {store}" for kind in KINDS for store in ("memory", "sqlite"))]
)
def wiring(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wiring]:
    kind, _, on = request.param.partition(" on ")
    with ExitStack() as stack:
        if not on:
            made = in_memory()
        elif on == "memory":
            made = over(MemoryStore(), KINDS[kind])
        else:
            sql = open_sql_store(f"sqlite:///{tmp_path / 'state.db'}")
            stack.callback(sql.close)
            made = over(sql, KINDS[kind])
        made.add(subnet(), False)
        yield made


@pytest.fixture
def wirer(wiring) -> NetworkWirer:
    return wiring.wirer


def test_a_subnet_is_described(wiring):
    wiring.add(subnet("s2", "127.41.0.0/24"), True)
    one, two = wiring.wirer.subnet("s1"), wiring.wirer.subnet("s2")
    assert (one.id, one.network_id, one.cidr) == ("s1", "net-s1", CIDR)
    assert one.visible_to("alice")
    assert not one.visible_to("bob")
    assert two.visible_to("bob")
    assert wiring.wirer.subnet("none") is None


def test_a_member_inside_the_range_can_be_reached(wiring):
    wirer = wiring.wirer
    assert wirer.check_member(wirer.subnet("s1"), wiring.member, 80) is None


def test_addresses_are_given_until_none_is_left_and_again_when_returned(wirer):
    given = [wirer.reserve_address("s1", None, f"vip{n}", "alice") for n in range(len(FREE))]
    assert sorted(each.address for each in given) == FREE
    assert len({each.id for each in given}) == len(FREE)
    assert {each.reserved_at for each in given} == {1000.0}
    with pytest.raises(NoFreeAddress):
        wirer.reserve_address("s1", None, "late", "alice")
    wirer.release_address("vip2")
    assert wirer.reserve_address("s1", None, "late", "alice").address == given[2].address


def test_an_owner_gets_the_same_address_again(wirer):
    first = wirer.reserve_address("s1", None, "vip", "alice")
    assert wirer.reserve_address("s1", None, "vip", "alice") == first
    assert first.owner == "vip"


def test_a_returned_address_is_not_the_next_to_be_given(wirer):
    first = wirer.reserve_address("s1", None, "one", "alice").address
    wirer.release_address("one")
    assert wirer.reserve_address("s1", None, "two", "alice").address != first


def test_releasing_nothing_does_nothing(wirer):
    kept = wirer.reserve_address("s1", FREE[0], "kept", "alice")
    wirer.release_address("none")
    wirer.release_address("none")
    assert wirer.reserve_address("s1", None, "kept", "alice") == kept


def test_the_address_asked_for_is_given(wirer):
    assert wirer.reserve_address("s1", FREE[-1], "vip", "alice").address == FREE[-1]
    with pytest.raises(AddressInUse):
        wirer.reserve_address("s1", FREE[-1], "other", "alice")
    wirer.release_address("vip")
    assert wirer.reserve_address("s1", FREE[-1], "other", "alice").owner == "other"


@pytest.mark.parametrize("address", ["127.41.0.1", "127.40.0.0", "127.40.0.7", "::1"])
def test_an_address_that_no_host_of_the_subnet_has_is_refused(wirer, address):
    with pytest.raises(InvalidInput, match="address"):
        wirer.reserve_address("s1", address, "vip", "alice")


def test_the_gateways_address_is_in_use(wirer):
    with pytest.raises(AddressInUse):
        wirer.reserve_address("s1", GATEWAY, "vip", "alice")


def test_a_subnet_that_is_not_there_is_not_found(wirer):
    with pytest.raises(NotFound):
        wirer.reserve_address("none", None, "vip", "alice")


def test_an_address_outside_the_pools_can_be_asked_for_and_does_not_count(wiring):
    narrow = Subnet(
        id="s3",
        project_id="alice",
        network_id="net-s3",
        cidr="127.43.0.0/24",
        allocation_pools=default_pools("127.43.0.4/30", None),
    )
    wiring.add(narrow, False)
    for number in range(100, 110):
        wiring.wirer.reserve_address("s3", f"127.43.0.{number}", f"fixed{number}", "alice")
    given = {wiring.wirer.reserve_address("s3", None, f"any{n}", "alice").address for n in range(2)}
    assert given == {"127.43.0.5", "127.43.0.6"}
    with pytest.raises(NoFreeAddress):
        wiring.wirer.reserve_address("s3", None, "late", "alice")


def test_no_address_is_given_twice_whoever_asks_at_the_same_time(wiring):
    wiring.add(subnet("wide", "127.44.0.0/24", None), False)
    owners = [f"vip{number}" for number in range(120)]
    with ThreadPoolExecutor(8) as threads:
        given = list(
            threads.map(
                lambda owner: wiring.wirer.reserve_address("wide", None, owner, "alice"), owners
            )
        )
        again = list(
            threads.map(
                lambda owner: wiring.wirer.reserve_address("wide", None, owner, "alice"), owners
            )
        )
    assert len({each.address for each in given}) == len(owners)
    assert again == given


def test_a_device_is_attached_once_and_detached_any_number_of_times(wirer):
    site = Site(device_id="device", wiring=VIRTUAL, host="here")
    first = wirer.attach(site, "net-s1", "lo", [CIDR])
    assert (first.device_id, first.network_id, first.interface) == ("device", "net-s1", "lo")
    assert first.serves([CIDR])
    assert wirer.attach(site, "net-s1", "lo", [CIDR]) == first
    wirer.detach(site, "net-s1")
    wirer.detach(site, "net-s1")


def test_an_attachment_is_told_as_it_is_until_it_is_undone(wirer):
    """By what name the device calls its interface need not be known."""
    site = Site(device_id="device", wiring=VIRTUAL, host="here")
    made = wirer.attach(site, "net-s1", "lo", [CIDR])
    found = [replace(each, interface=made.interface) for each in wirer.attachments()]
    assert found == ([] if isinstance(wirer, LoopbackWirer) else [made])
    wirer.detach(site, "net-s1")
    assert list(wirer.attachments()) == []


def test_an_attachment_is_no_reservation(wirer):
    site = Site(device_id="device", wiring=VIRTUAL, host="here")
    vip = wirer.reserve_address("s1", None, "vip", "alice")
    wirer.attach(site, "net-s1", "lo", [CIDR])
    assert list(wirer.reservations()) == [vip]
    wirer.detach(site, "net-s1")
    assert list(wirer.reservations()) == [vip]


def test_what_is_reserved_is_told_with_its_owner(wirer):
    made = wirer.reserve_address("s1", None, "vip", "alice")
    assert list(wirer.reservations()) == [made]
    wirer.release_address("vip")
    assert list(wirer.reservations()) == []
