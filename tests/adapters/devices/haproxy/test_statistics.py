"""Statistics come from HAProxy and never go backwards."""

import os
import signal
import threading
from contextlib import closing
from http.client import HTTPConnection

from adapters.devices.haproxy.ledger import Ledger, Traffic
from tests.adapters.devices.haproxy.support import (
    Balancer,
    Device,
    Members,
    eventually,
    member_spec,
)


def pool_statistics(device: Device, balancer: Balancer) -> dict[str, int]:
    observation = device.driver.observe(device.handle)
    assert observation.failure is None
    pools = observation.services[balancer.id]["pools"]
    assert isinstance(pools, dict)
    assert pools.keys() == {balancer.pool.id}
    found: dict[str, int] = pools[balancer.pool.id]
    return found


def test_a_pool_counts_its_traffic(device: Device, members: Members) -> None:
    busy, idle = (Balancer(members=(member_spec(members.start(name)),)) for name in "ab")
    device.run(busy.order(), idle.order())
    for _ in range(5):
        busy.ask()
    found = pool_statistics(device, busy)
    assert found["total_connections"] == 5
    assert found["bytes_in"] > 100
    assert found["bytes_out"] > 100
    assert set(pool_statistics(device, idle).values()) == {0}


def test_active_connections_are_those_of_now(device: Device, members: Members) -> None:
    server = members.start("a")
    server.gate = threading.Event()
    balancer = Balancer(members=(member_spec(server),))
    device.run(balancer.order())
    client = threading.Thread(target=balancer.ask, args=("/wait",))
    client.start()
    assert server.entered.acquire(timeout=10)
    assert pool_statistics(device, balancer)["active_connections"] == 1
    device.run(Balancer().order())
    assert pool_statistics(device, balancer)["active_connections"] == 1
    server.gate.set()
    client.join()
    eventually(lambda: pool_statistics(device, balancer)["active_connections"] == 0)


def test_totals_survive_reloads_restarts_and_the_agent(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    for _ in range(3):
        balancer.ask()
    device.run(Balancer().order())
    balancer.ask()
    first = pool_statistics(device, balancer)
    assert first["total_connections"] == 4
    device.driver.close(stop_devices=True)
    device.open()
    assert pool_statistics(device, balancer) == first
    os.kill(device.processes().master, signal.SIGKILL)
    eventually(lambda: not balancer.open() or device.driver.observe(device.handle).note)
    assert pool_statistics(device, balancer) == first
    balancer.ask()
    assert pool_statistics(device, balancer)["total_connections"] == 5


def test_traffic_of_a_draining_worker_counts(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    balancer.pool = Balancer(protocol="TCP", members=balancer.pool.members).pool
    device.run(balancer.order())
    one, two = (HTTPConnection(balancer.address, balancer.port, timeout=10) for _ in range(2))
    with closing(one), closing(two):
        for client in (one, two):
            client.request("GET", "/")
            client.getresponse().read()
        device.run(Balancer().order())
        old = device.processes().draining
        assert old
        assert pool_statistics(device, balancer)["bytes_out"] == 0
        one.close()
        eventually(lambda: pool_statistics(device, balancer)["bytes_out"] > 0)
        assert device.processes().draining == old


def test_a_disabled_pool_keeps_its_totals(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    balancer.ask()
    device.run(balancer.order(enabled=False))
    assert pool_statistics(device, balancer)["total_connections"] == 1
    device.run(balancer.order(enabled=True))
    balancer.ask()
    assert pool_statistics(device, balancer)["total_connections"] == 2


def test_a_removed_service_is_not_observed(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    balancer.ask()
    device.run(balancer.removal())
    assert device.driver.observe(device.handle).services == {}


def test_ledger_notices_a_pid_that_is_used_again() -> None:
    ledger = Ledger()
    ledger.record(7, {"p": Traffic(10, 20, 3)})
    ledger.record(7, {"p": Traffic(12, 24, 4)})
    assert ledger.total("p") == Traffic(12, 24, 4)
    ledger.record(7, {"p": Traffic(1, 1, 1)})
    assert ledger.total("p") == Traffic(13, 25, 5)
    ledger.retain_workers({8})
    assert ledger.total("p") == Traffic(13, 25, 5)
    ledger.forget(["p"])
    assert ledger.total("p") == Traffic()
