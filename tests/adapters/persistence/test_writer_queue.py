"""The queue of writers."""

import threading

import pytest

from adapters.persistence.misuse import NestedWrite
from adapters.persistence.writer_queue import WriterQueue

LONG = 30.0


def test_writers_enter_in_the_order_in_which_they_came():
    queue, order = WriterQueue(), []
    queue.enter()
    threads = []
    for number in range(5):

        def write(number=number):
            queue.enter()
            order.append(number)
            queue.leave()

        thread = threading.Thread(target=write)
        thread.start()
        threads.append(thread)
        _until(lambda expected=number + 1: len(queue._waiting) == expected)
    queue.leave()
    for thread in threads:
        thread.join(LONG)
    assert order == [0, 1, 2, 3, 4]


def test_whoever_is_inside_cannot_enter_again():
    queue = WriterQueue()
    queue.enter()
    with pytest.raises(NestedWrite):
        queue.enter()
    queue.leave()
    queue.enter()
    queue.leave()


def _until(holds):
    deadline = threading.Event()
    for _ in range(3_000):
        if holds():
            return
        deadline.wait(0.01)
    raise AssertionError("it never came to that")
