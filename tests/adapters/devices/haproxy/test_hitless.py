"""Not one request fails while the configuration changes under load."""

import itertools
import threading
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from http.client import HTTPConnection

import pytest

from tests.adapters.devices.haproxy.support import Balancer, Device, Members, member_spec

CHANGES = 30


@pytest.mark.slow
def test_no_request_fails_during_changes(device: Device, members: Members) -> None:
    a, b, c = (member_spec(members.start(name)) for name in "abc")
    balancer = Balancer(members=(a, b))
    device.run(balancer.order())
    stop = threading.Event()
    answers: Counter[str] = Counter()
    failures: list[str] = []
    clients = [
        threading.Thread(target=client, args=(balancer, stop, answers, failures))
        for client in (new_connections, new_connections, kept_alive, kept_alive)
    ]
    for client in clients:
        client.start()
    others = [Balancer(members=(a,)) for _ in range(3)]
    turns = itertools.cycle([(a, b), (a, b, c), (replace(a, weight=5), c), (b, c)])
    start = device.worker
    for number in range(CHANGES):
        other = others[number % len(others)]
        device.run(
            balancer.order(members=next(turns)),
            other.order() if number % 2 else other.removal(),
        )
    stop.set()
    for client in clients:
        client.join()
    assert failures == []
    assert device.worker != start
    assert sum(answers.values()) > CHANGES * 5
    assert set(answers) == {"a", "b", "c"}


def new_connections(
    balancer: Balancer, stop: threading.Event, answers: Counter[str], failures: list[str]
) -> None:
    while not stop.is_set():
        try:
            answers[balancer.ask()] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must tell
            failures.append(f"new: {error!r}")


def kept_alive(
    balancer: Balancer, stop: threading.Event, answers: Counter[str], failures: list[str]
) -> None:
    """Reuses its connection until it is told not to, and never tries a request again."""
    with closing(HTTPConnection(balancer.address, balancer.port, timeout=10)) as connection:
        while not stop.is_set():
            try:
                connection.request("GET", "/")
                response = connection.getresponse()
                answers[response.read().decode()] += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must tell
                failures.append(f"kept alive: {error!r}")
                with suppress(OSError):
                    connection.close()
