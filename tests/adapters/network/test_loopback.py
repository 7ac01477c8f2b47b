"""The loopback wiring: what it refuses, and that it never looks long for an address."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.network.allocation import Starts
from adapters.network.loopback import LoopbackSubnetPolicy, LoopbackWirer
from adapters.persistence.memory import MemoryStore
from adapters.system import CountingIds, ManualClock, UuidSource
from core.domain.errors import NoFreeAddress
from core.domain.network import AllocationPool, Network, Subnet, SubnetInfo
from core.domain.query import Query
from core.ports.network_wirer import WiringFailure
from core.ports.repository import Duplicate

INFO = SubnetInfo(id="s", network_id="n", cidr="127.1.0.0/24", project_id="p", shared=False)


def wirer(store: MemoryStore | None = None, now: float = 0.0) -> LoopbackWirer:
    return LoopbackWirer(store or MemoryStore(), ManualClock(now), UuidSource())


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.0.9", "127.255.255.254"])
def test_every_loopback_address_can_be_reached(address):
    assert wirer().check_member(INFO, address, 80) is None


@pytest.mark.parametrize("address", ["10.0.0.1", "126.255.255.255", "::1", "::ffff:127.0.0.1"])
def test_nothing_else_can(address):
    refusal = wirer().check_member(INFO, address, 80)
    assert address in refusal
    assert "127.0.0.0/8" in refusal


@pytest.mark.parametrize(
    ("own", "address", "port", "refused"),
    [
        (("127.0.0.1", 9797), "127.0.0.1", 9797, True),
        (("127.0.0.1", 9797), "127.0.0.1", 9798, False),
        (("127.0.0.1", 9797), "127.0.0.2", 9797, False),
        (("0.0.0.0", 9797), "127.9.9.9", 9797, True),
        (("::", 9797), "127.9.9.9", 9797, True),
        (("::", 9797), "127.9.9.9", 80, False),
        (("::1", 9797), "127.0.0.1", 9797, False),
    ],
)
def test_a_member_is_not_pierheads_own_api(own, address, port, refused):
    wirer = LoopbackWirer(MemoryStore(), ManualClock(), CountingIds(), [("127.7.7.7", 1), own])
    refusal = wirer.check_member(INFO, address, port)
    assert (refusal is not None) is refused
    if refused:
        assert refusal == f"{address} port {port} is Pierhead's own API"


@pytest.mark.parametrize("cidr", ["127.0.0.0/8", "127.0.0.0/24", "127.0.0.128/25", "127.0.0.1/32"])
def test_a_subnet_of_addresses_that_the_hosts_programs_use_is_refused(cidr):
    assert "127.0.0.0/24 is the host's own" in LoopbackSubnetPolicy().refuse(cidr, [])
    assert LoopbackSubnetPolicy().refuse("127.0.1.0/24", []) is None


@pytest.mark.parametrize("cidr", ["10.0.0.0/24", "126.0.0.0/7", "0.0.0.0/0", "::1/128"])
def test_a_subnet_outside_the_loopback_range_is_refused(cidr):
    assert "127.0.0.0/8" in LoopbackSubnetPolicy().refuse(cidr, [])


def test_a_subnet_that_overlaps_any_other_is_refused():
    policy = LoopbackSubnetPolicy()
    assert "127.1.0.0/16" in policy.refuse("127.1.2.0/24", ["127.2.0.0/16", "127.1.0.0/16"])
    assert policy.refuse("127.3.0.0/24", ["127.2.0.0/16", "127.1.0.0/16"]) is None


def with_subnet(low: int, high: int, count: int = 0) -> MemoryStore:
    """A store with a subnet of which the first `count` addresses are taken."""
    store = MemoryStore()
    with store.write() as work:
        work.networks.add(Network(id="n", project_id="p"))
        work.subnets.add(subnet(low, high))
        work.commit()
    for number in range(count):
        wirer(store, float(number)).reserve_address("s", None, f"old{number}", "p")
    return store


def test_a_race_that_is_lost_each_time_is_a_wiring_failure(monkeypatch):
    store, lost = with_subnet(1, 9), []
    with store.write() as work:
        monkeypatch.setattr(work.reservations, "add", lambda _: lost.append(1) or refuse())
        with pytest.raises(WiringFailure):
            wirer(store).reserve_address("s", None, "vip", "p", work)
    assert 1 < len(lost) < 50


def refuse() -> None:
    raise Duplicate(("address", "subnet_id"))


def test_in_a_unit_of_work_that_is_given_nothing_is_done_unless_it_is_committed():
    store = with_subnet(1, 9)
    with store.write() as work:
        address = wirer(store).reserve_address("s", None, "vip", "p", work).address
    assert wirer(store).reserve_address("s", address, "other", "p").owner == "other"
    with store.write() as work:
        wirer(store).release_address("other", work)
        assert wirer(store).reserve_address("s", address, "vip", "p", work).owner == "vip"
        work.commit()
    with store.read() as work:
        assert [each.owner for each in work.reservations.find(Query())] == ["vip"]


def test_another_process_goes_on_after_the_address_that_was_taken_last():
    store = with_subnet(1, 99, count=3)
    assert wirer(store).reserve_address("s", None, "new", "p").address == "127.1.0.4"


def test_processes_that_meet_at_one_address_part():
    store = with_subnet(1, 250)
    one, two = wirer(store), wirer(store)
    given = [
        each.reserve_address("s", None, f"{name}{number}", "p").address
        for number in range(60)
        for name, each in (("one", one), ("two", two))
    ]
    assert len(set(given)) == len(given)


def test_an_exhausted_subnet_is_told_whatever_the_others_do():
    store = with_subnet(1, 8)
    wirers = [wirer(store) for _ in range(2)]
    for number in range(8):
        wirers[number % 2].reserve_address("s", None, f"vip{number}", "p")
    for each in wirers:
        with pytest.raises(NoFreeAddress):
            each.reserve_address("s", None, "late", "p")


def subnet(low: int, high: int) -> Subnet:
    return Subnet(
        id="s",
        project_id="p",
        network_id="n",
        cidr="127.1.0.0/24",
        allocation_pools=(AllocationPool(f"127.1.0.{low}", f"127.1.0.{high}"),),
    )


@settings(max_examples=200)
@given(
    st.integers(1, 40),
    st.integers(0, 40),
    st.none() | st.integers(0, 90),
    st.sets(st.integers(1, 99), max_size=80),
    st.booleans(),
)
@example(low=1, size=40, newest=None, numbers=set(range(1, 31)), scattered=False)
@example(low=1, size=40, newest=None, numbers=set(range(1, 42)), scattered=True)
def test_what_is_chosen_is_free_and_in_a_pool_and_there_if_any_is(
    low, size, newest, numbers, scattered
):
    taken = {f"127.1.0.{number}" for number in numbers}
    starts, wide = Starts(), subnet(low, low + size)
    starts.begin("s", None if newest is None else f"127.1.0.{newest}")
    if scattered:
        starts.scatter(wide)
    free = set(range(low, low + size + 1)) - numbers
    try:
        given = [starts.next(wide, taken) for _ in free or [0]]
    except NoFreeAddress:
        assert not free
    else:
        assert sorted(int(each.rsplit(".", 1)[1]) for each in given) == sorted(free)
