"""What is set by hand: the clock and the ids."""

from adapters.system import CountingIds, ManualClock


def test_the_clock_stands_still_until_told():
    clock = ManualClock(5.0)
    assert clock.now() == clock.now() == 5.0
    assert clock.advance(2.5) == clock.now() == 7.5
    clock.set(1.0)
    assert clock.now() == 1.0


def test_ids_repeat_between_runs():
    first, second = CountingIds(), CountingIds()
    assert [first.new_id(), first.new_id()] == [second.new_id(), second.new_id()]
