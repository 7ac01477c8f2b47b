"""What an elastic pool needs done, for every state of its devices."""

from hypothesis import given
from hypothesis import strategies as st

from core.domain.device import AdminState, Device, DeviceStatus
from core.domain.device_pool import DevicePool
from core.domain.elasticity import PoolMember, plan

NOW = 1000.0


def pool(**fields) -> DevicePool:
    return DevicePool(**{"id": "p", "name": "burst", "driver": "memory", **fields})


def member(name: str = "d", *, empty: bool = True, **fields) -> PoolMember:
    defaults = {"spawned": True, "status": DeviceStatus.ONLINE}
    return PoolMember(Device(id=name, name=name, driver="memory", **defaults | fields), empty)


def busy(name: str) -> PoolMember:
    return member(name, empty=False)


def idle(name: str, since: float = 0.0, **fields) -> PoolMember:
    return member(name, idle_since=since, **fields)


def removed(found) -> list[str]:
    return [device.id for device in found.remove]


def test_the_minimum_is_made():
    assert plan(pool(minimum=3), [busy("a")], NOW).grow == 2


def test_spare_devices_are_made_beyond_those_in_use():
    assert plan(pool(spare=2), [busy("a"), member("b")], NOW).grow == 1


def test_a_device_that_is_being_made_counts_as_spare():
    spawning = member("b", status=DeviceStatus.SPAWNING)
    assert plan(pool(spare=1), [busy("a"), spawning], NOW).grow == 0


def test_a_device_that_takes_nothing_is_no_spare():
    away = member("a", status=DeviceStatus.OFFLINE)
    draining = member("b", admin_state=AdminState.DRAINING)
    assert plan(pool(spare=1), [away, draining], NOW).grow == 1


def test_the_maximum_is_never_passed():
    assert plan(pool(maximum=2, spare=2), [busy("a"), busy("b")], NOW).grow == 0
    assert plan(pool(maximum=1), [busy("a"), busy("b")], NOW).grow == 0


def test_nothing_is_made_in_the_pause_after_a_failure():
    failed = pool(minimum=1, grow_after=NOW + 1)
    assert plan(failed, [], NOW).grow == 0
    assert plan(failed, [], NOW + 1).grow == 1


def test_after_a_failure_one_device_is_tried_at_a_time():
    failed = pool(minimum=5, failures=1)
    assert plan(failed, [busy("a")], NOW).grow == 1
    assert plan(failed, [busy("a"), member("b", status=DeviceStatus.SPAWNING)], NOW).grow == 0


def test_an_empty_device_is_noted_and_one_in_use_is_no_longer():
    found = plan(pool(), [member("a"), member("b", empty=False, idle_since=7.0)], NOW)
    assert [device.id for device in found.idle] == ["a"]
    assert [device.id for device in found.busy] == ["b"]


def test_idleness_from_a_clock_that_was_set_back_is_noted_anew():
    found = plan(pool(), [idle("a", NOW + 3600)], NOW)
    assert [device.id for device in found.idle] == ["a"]


def test_a_device_goes_after_the_delay_and_not_before():
    devices = [idle("a", NOW - 300)]
    assert removed(plan(pool(idle_seconds=300.0), devices, NOW)) == ["a"]
    assert removed(plan(pool(idle_seconds=300.5), devices, NOW)) == []


def test_minimum_and_spare_stay():
    devices = [idle("a", 1.0), idle("b", 2.0), idle("c", 3.0)]
    assert removed(plan(pool(minimum=2), devices, NOW)) == ["a"]
    assert removed(plan(pool(spare=1), devices, NOW)) == ["a", "b"]


def test_an_idle_device_that_is_away_goes_before_a_spare_one():
    devices = [idle("a", 1.0), idle("b", 2.0, status=DeviceStatus.OFFLINE)]
    assert removed(plan(pool(spare=1), devices, NOW)) == ["b"]


def test_devices_that_an_operator_registered_stay():
    found = plan(pool(idle_seconds=0.0), [member("a", spawned=False)], NOW)
    assert not found


def test_a_device_that_is_being_made_is_not_idle():
    found = plan(pool(idle_seconds=0.0), [member("a", status=DeviceStatus.SPAWNING)], NOW)
    assert not found


sizes = st.integers(min_value=0, max_value=6)
members = st.builds(
    member,
    st.uuids().map(str),
    empty=st.booleans(),
    spawned=st.booleans(),
    status=st.sampled_from([DeviceStatus.ONLINE, DeviceStatus.OFFLINE, DeviceStatus.SPAWNING]),
    idle_since=st.none() | st.floats(min_value=0, max_value=NOW),
    number=sizes,
)


@given(st.lists(members, max_size=8), sizes, sizes, sizes, st.floats(min_value=0, max_value=NOW))
def test_no_plan_breaks_a_promise(devices, minimum, maximum, spare, idle_seconds):
    chosen = pool(minimum=minimum, maximum=maximum, spare=spare, idle_seconds=idle_seconds)
    found = plan(chosen, devices, NOW)
    by_id = {each.device.id: each for each in devices}
    gone = [by_id[device.id] for device in found.remove]
    assert all(each.empty and each.device.spawned for each in gone)
    if found.grow:
        assert len(devices) + found.grow <= maximum
    if gone:
        left = [each for each in devices if each not in gone]
        assert len(left) >= minimum
        if any(each.is_spare for each in gone):
            assert sum(each.is_spare for each in left) >= spare
        was_full = len(devices) + found.grow >= maximum
        after = plan(chosen, left, NOW)
        assert was_full or after.grow <= found.grow, "what goes must not have to be made again"
