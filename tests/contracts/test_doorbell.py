"""The contract of core.ports.doorbell.Doorbell."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.messaging.amqp import AmqpDoorbell, BusAddress
from adapters.system import ThreadDoorbell
from core.ports.doorbell import Doorbell
from tests.messaging import LONG, until


@pytest.fixture(params=["in process", pytest.param("rabbitmq", marks=pytest.mark.slow)])
def bells(request: pytest.FixtureRequest) -> Iterator[tuple[Doorbell, Doorbell]]:
    """That of who rings, and that of who waits; nobody has rung yet."""
    if request.param == "in process":
        bell = ThreadDoorbell()
        yield bell, bell
        return
    url, prefix = (request.getfixturevalue(f"rabbitmq_{name}") for name in ("url", "prefix"))
    address = BusAddress(urls=(url,), prefix=prefix)
    outside, inside = AmqpDoorbell(address, listen=False), AmqpDoorbell(address, listen=True)
    until(lambda: outside.connected and inside.connected)
    # What was rung before it could hear is made up for.
    assert inside.wait(LONG)
    yield outside, inside
    outside.close()
    inside.close()


def test_a_ring_is_heard_once(bells: tuple[Doorbell, Doorbell]) -> None:
    outside, inside = bells
    assert not inside.wait(0.0)
    outside.ring()
    assert inside.wait(LONG)
    assert not inside.wait(0.05)


def test_a_ring_wakes_who_waits(bells: tuple[Doorbell, Doorbell]) -> None:
    outside, inside = bells
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(inside.wait, LONG)
        outside.ring()
        assert waiting.result(timeout=LONG)


def test_many_rings_add_up(bells: tuple[Doorbell, Doorbell]) -> None:
    outside, inside = bells
    for _ in range(1000):
        outside.ring()
    heard = 0
    while inside.wait(0.2):
        heard += 1
    assert 1 <= heard < 500
