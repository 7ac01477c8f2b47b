"""A short storm: the long one is `make chaos`."""

import pytest

from tests.chaos.run import run
from tests.split.kill.zygote import SHORT_PAUSES


@pytest.mark.slow
def test_nothing_is_lost_stuck_stale_or_left_over_after_a_storm():
    report = run(25.0, 4, heartbeat=0.2, constants=SHORT_PAUSES)
    print(report)
    assert report.held, str(report)
    assert report.done.total() > 50
    assert report.faults.total() > 3
