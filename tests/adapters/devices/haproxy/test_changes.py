"""What changes while HAProxy runs, what takes a reload, and what does nothing at all."""

import socket
from dataclasses import replace

import pytest

from core.domain.loadbalancer.model import Method, MonitorType, PersistenceType
from tests.adapters.devices.haproxy.support import (
    Balancer,
    Device,
    Members,
    as_servers,
    eventually,
    member_spec,
    monitor_spec,
    persistence,
)


@pytest.mark.parametrize(
    "pool",
    [
        {},
        {"method": Method.LEAST_CONNECTIONS},
        {"method": Method.SOURCE_IP},
        {"session_persistence": persistence(PersistenceType.SOURCE_IP)},
        {"session_persistence": persistence(PersistenceType.APP_COOKIE, "SID")},
        {"monitors": (monitor_spec(MonitorType.TCP),)},
        {"monitors": (monitor_spec(MonitorType.HTTP),)},
        {"monitors": (monitor_spec(MonitorType.PING),)},
    ],
    ids=["round robin", "least", "source", "stick", "app cookie", "tcp", "http", "ping"],
)
def test_members_change_without_a_reload(
    pool: dict[str, object], device: Device, members: Members
) -> None:
    a, b, c = (member_spec(members.start(name)) for name in "abc")
    balancer = Balancer(members=(a, b), **pool)
    device.run(balancer.order())
    worker = device.worker
    for wanted in [
        (a, replace(b, weight=7)),
        (a, replace(b, enabled=False)),
        (a, b),
        (a, b, c),
        (b, c),
        (c,),
        (a, replace(c, enabled=False, weight=0)),
        (a, c),
    ]:
        device.run(balancer.order(members=wanted))
        assert device.servers(balancer) == as_servers(*wanted)
    assert device.worker == worker
    assert balancer.ask() in "ac"
    stored = (device.directory / "haproxy.cfg").read_text()
    assert [name for name in (a.id, b.id, c.id) if f"server {name} " in stored] == [a.id, c.id]


def test_a_change_while_it_runs_holds_after_a_restart(device: Device, members: Members) -> None:
    a, b = (member_spec(members.start(name)) for name in "ab")
    balancer = Balancer(members=(a,))
    device.run(balancer.order())
    device.run(balancer.order(members=(replace(a, enabled=False), b)))
    device.driver.close(stop_devices=True)
    assert not balancer.open()
    device.open().probe(device.handle)
    assert {balancer.ask() for _ in range(4)} == {"b"}


def test_member_with_connections_leaves_and_comes_back(device: Device, members: Members) -> None:
    a, b = (member_spec(members.start(name)) for name in "ab")
    balancer = Balancer(members=(a,), protocol="TCP")
    balancer.listener = {"protocol": "TCP"}
    device.run(balancer.order())
    worker = device.worker
    with socket.create_connection((balancer.address, balancer.port)) as held:
        held.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert held.recv(65536)
        device.run(balancer.order(members=(b,)))
        assert device.worker == worker
        assert {balancer.ask() for _ in range(4)} == {"b"}
        held.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert held.recv(65536).endswith(b"a")
        device.run(balancer.order(members=(a, b)))
        assert {balancer.ask() for _ in range(4)} == {"a", "b"}


def test_one_call_reloads_once(device: Device, members: Members) -> None:
    device.driver.probe(device.handle)
    balancers = [Balancer(members=(member_spec(members.start("a")),)) for _ in range(12)]
    before = _reloads(device)
    device.run(*(balancer.order() for balancer in balancers))
    assert _reloads(device) == before + 1
    assert all(balancer.ask() == "a" for balancer in balancers)


def test_what_runs_already_is_left_alone(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    order = balancer.order()
    device.run(order)
    worker = device.worker
    assert device.apply(order) == [None]
    assert device.apply(balancer.order()) == [None]
    device.driver.probe(device.handle)
    assert device.worker == worker


def test_removing_what_is_not_there_does_nothing(device: Device) -> None:
    device.run(Balancer().order())
    worker = device.worker
    device.run(Balancer().removal())
    assert device.worker == worker


def test_an_older_order_changes_nothing(device: Device, members: Members) -> None:
    a, b = (member_spec(members.start(name)) for name in "ab")
    balancer = Balancer(members=(a,))
    old = balancer.order()
    device.run(balancer.order(members=(b,)))
    assert device.apply(old) == [None]
    assert device.apply(replace(old, spec=None)) == [None]
    assert balancer.ask() == "b"


def test_of_several_orders_for_a_service_the_newest_counts(
    device: Device, members: Members
) -> None:
    a, b = (member_spec(members.start(name)) for name in "ab")
    balancer = Balancer(members=(a,))
    orders = [balancer.order(), balancer.order(members=(b,))]
    device.run(*orders)
    assert balancer.ask() == "b"


def test_a_port_passes_from_one_service_to_another_in_one_call(
    device: Device, members: Members
) -> None:
    one, two = (Balancer(members=(member_spec(members.start(name)),)) for name in "ab")
    two.address, two.port = one.address, one.port
    device.run(one.order())
    device.run(one.removal(), two.order())
    assert two.ask() == "b"


def test_services_that_nobody_ordered_are_kept_and_told(device: Device, members: Members) -> None:
    stray, ordered = (Balancer(members=(member_spec(members.start(name)),)) for name in "ab")
    device.run(stray.order(), ordered.order())
    assert device.driver.observe(device.handle).note == ""
    assert device.apply(ordered.order(), complete=True) == [None]
    assert device.driver.observe(device.handle).note == (
        f"1 service that nobody ordered: {stray.id}"
    )
    assert stray.ask() == "a"
    device.run(stray.removal())
    device.apply(ordered.order(), complete=True)
    assert device.driver.observe(device.handle).note == ""


def test_new_parameters_take_hold(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    device.parameters = {"threads": 1, "max_connections": 50}
    device.driver.probe(device.handle)
    from adapters.devices.haproxy.master import Master

    info = Master(device.directory).ask_worker(device.worker, "show info")
    assert "Nbthread: 1\n" in info
    assert "Maxconn: 50\n" in info
    assert balancer.ask() == "a"


def _reloads(device: Device) -> int:
    from adapters.devices.haproxy.master import Master

    def count() -> list[str]:
        rows = Master(device.directory).ask("show proc").splitlines()
        return [row.split()[2] for row in rows if " master " in row]

    return int(eventually(count)[0])
