"""What the kill tests and the chaos run rely on to notice what came too late."""

import pytest

from adapters.devices.memory.state import Applied, Change
from tests.split.kill.staleness import stale


def applied(
    epoch: int, revision: int, change: Change = Change.UPDATED, refused: str | None = None
) -> Applied:
    return Applied(
        time=0.0,
        pid=1,
        epoch=epoch,
        service_id="web",
        revision=revision,
        change=change,
        refused=refused,
    )


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (applied(4, 7), "after epoch 5"),
        (applied(5, 2), "after revision 3"),
        (applied(6, 4), None),
        (applied(5, 3), None),
        (applied(4, 2, refused="epoch 4 is over"), None),
    ],
)
def test_an_application_after_a_newer_one_is_stale(last, words):
    found = list(stale([applied(5, 1, Change.CREATED), applied(5, 3), last]))
    assert len(found) == (words is not None)
    assert all(words in each for each in found)


def test_an_application_after_the_removal_is_stale():
    log = [applied(1, 1, Change.CREATED), applied(1, 2, Change.REMOVED), applied(1, 3)]
    [found] = stale(log)
    assert "after its removal" in found
