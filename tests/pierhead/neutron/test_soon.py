"""Work that adds up."""

import queue
import threading

from pierhead.neutron.soon import Soon

_PATIENCE = 10.0


def test_what_is_asked_for_meanwhile_is_done_once_afterwards():
    began: queue.SimpleQueue[int] = queue.SimpleQueue()
    go_on = threading.Semaphore(0)
    done = threading.Semaphore(0)

    def work() -> None:
        began.put(1)
        assert go_on.acquire(timeout=_PATIENCE)
        done.release()

    soon = Soon("work", work)
    soon()
    began.get(timeout=_PATIENCE)
    for _ in range(5):
        soon()
    go_on.release(2)
    assert done.acquire(timeout=_PATIENCE)
    began.get(timeout=_PATIENCE)
    assert done.acquire(timeout=_PATIENCE)
    assert began.empty()


def test_a_failure_ends_nothing():
    outcomes: queue.SimpleQueue[str] = queue.SimpleQueue()
    answers = iter([OSError("no"), None])

    def work() -> None:
        answer = next(answers)
        outcomes.put(str(answer))
        if answer is not None:
            raise answer

    soon = Soon("work", work)
    soon()
    assert outcomes.get(timeout=_PATIENCE) == "no"
    soon()
    assert outcomes.get(timeout=_PATIENCE) == "None"
