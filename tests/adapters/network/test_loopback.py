"""The loopback wiring: what it refuses, and that it never looks long for an address."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.network.allocation import choose_address
from adapters.network.loopback import LoopbackSubnetPolicy, LoopbackWirer
from adapters.persistence.memory import MemoryStore
from adapters.system import CountingIds, ManualClock
from core.domain.errors import NoFreeAddress
from core.domain.network import AllocationPool, Subnet, SubnetInfo
from core.ports.network_wirer import WiringFailure
from core.ports.repository import Duplicate

INFO = SubnetInfo(id="s", network_id="n", cidr="127.1.0.0/24", project_id="p", shared=False)


def wirer(store: MemoryStore | None = None) -> LoopbackWirer:
    return LoopbackWirer(store or MemoryStore(), ManualClock(), CountingIds())


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


def test_a_race_that_is_lost_each_time_is_a_wiring_failure(monkeypatch):
    store, lost = MemoryStore(), []

    def write():
        lost.append(1)
        raise Duplicate(("address", "subnet_id"))

    monkeypatch.setattr(store, "write", write)
    with pytest.raises(WiringFailure):
        wirer(store).reserve_address("s", None, "vip")
    assert 1 < len(lost) < 10


def subnet(low: int, high: int, cursor: int | None) -> Subnet:
    return Subnet(
        id="s",
        project_id="p",
        network_id="n",
        cidr="127.1.0.0/24",
        allocation_pools=(AllocationPool(f"127.1.0.{low}", f"127.1.0.{high}"),),
        cursor=None if cursor is None else f"127.1.0.{cursor}",
    )


@settings(max_examples=200)
@given(
    st.integers(1, 40),
    st.integers(0, 40),
    st.none() | st.integers(0, 90),
    st.sets(st.integers(1, 99), max_size=80),
)
@example(low=1, size=40, cursor=None, numbers=set(range(1, 31)))
@example(low=1, size=40, cursor=None, numbers=set(range(1, 42)))
def test_what_is_chosen_is_free_and_in_a_pool_and_there_if_any_is(low, size, cursor, numbers):
    taken = {f"127.1.0.{number}" for number in numbers}
    looked_up, read = [], []

    def is_taken(address: str) -> bool:
        looked_up.append(address)
        return address in taken

    def all_taken() -> set[str]:
        read.append(1)
        return taken

    free = set(range(low, low + size + 1)) - numbers
    try:
        chosen = choose_address(subnet(low, low + size, cursor), is_taken, all_taken)
    except NoFreeAddress:
        assert not free
    else:
        assert int(chosen.rsplit(".", 1)[1]) in free
    assert len(looked_up) <= 8
    assert len(read) <= 1
