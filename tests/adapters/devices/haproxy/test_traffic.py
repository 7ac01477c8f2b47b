"""Balancing, weights, limits and admin states, seen from outside."""

import socket
import threading
from collections import Counter
from contextlib import closing
from dataclasses import replace

import pytest

from core.domain.loadbalancer.model import Method, Protocol
from tests.adapters.devices.haproxy.support import (
    Balancer,
    Device,
    Member,
    Members,
    eventually,
    free_port,
    loopback,
    member_spec,
)


def test_round_robin_takes_turns(device: Device, members: Members) -> None:
    balancer = Balancer(members=tuple(member_spec(members.start(name)) for name in "abc"))
    device.run(balancer.order())
    assert Counter(balancer.ask() for _ in range(9)) == {"a": 3, "b": 3, "c": 3}


def test_weights_share_out_requests(device: Device, members: Members) -> None:
    specs = [
        member_spec(members.start(name), weight=weight) for name, weight in (("a", 3), ("b", 1))
    ]
    idle = member_spec(members.start("c"), weight=0)
    balancer = Balancer(members=(*specs, idle))
    device.run(balancer.order())
    assert Counter(balancer.ask() for _ in range(16)) == {"a": 12, "b": 4}


def test_least_connections_avoids_a_busy_member(device: Device, members: Members) -> None:
    a, b = members.start("a"), members.start("b")
    a.gate = b.gate = threading.Event()
    balancer = Balancer(method=Method.LEAST_CONNECTIONS, members=(member_spec(a), member_spec(b)))
    device.run(balancer.order())
    waiting = threading.Thread(target=balancer.ask, args=("/wait",))
    waiting.start()
    busy = eventually(lambda: next((each for each in (a, b) if each.seen), None))
    free = "b" if busy is a else "a"
    assert {balancer.ask() for _ in range(6)} == {free}
    a.gate.set()
    waiting.join()


def test_source_ip_method_keeps_a_client_on_its_member(device: Device, members: Members) -> None:
    specs = tuple(member_spec(members.start(name)) for name in "abc")
    balancer = Balancer(method=Method.SOURCE_IP, members=specs)
    device.run(balancer.order())
    chosen = {source: balancer.ask(source=source) for source in (loopback() for _ in range(20))}
    assert len(set(chosen.values())) == 3
    assert {source: balancer.ask(source=source) for source in chosen} == chosen


@pytest.mark.parametrize("protocol", [Protocol.TCP, Protocol.HTTPS])
def test_bytes_pass_untouched_through_tcp(
    protocol: Protocol, device: Device, members: Members
) -> None:
    balancer = Balancer(protocol=protocol, members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    with socket.create_connection((balancer.address, balancer.port)) as client:
        client.sendall(b"GET / HTTP/1.0\r\nx-odd:   kept\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")


def test_http_members_learn_the_client(device: Device, members: Members) -> None:
    server = members.start("a")
    balancer = Balancer(members=(member_spec(server),))
    device.run(balancer.order())
    source = loopback()
    balancer.ask(source=source)
    assert server.headers[-1]["X-Forwarded-For"] == source


def test_ipv6_vip_and_member(device: Device, members: Members) -> None:
    class V6(Member):
        address_family = socket.AF_INET6

    server = members.start("six", ("::1", 0), kind=V6)
    balancer = Balancer(members=(member_spec(server),))
    balancer.address = "::1"
    balancer.port = free_port("::1")
    device.run(balancer.order())
    assert balancer.ask() == "six"


def test_connection_limit_holds_back_what_is_beyond_it(device: Device, members: Members) -> None:
    server = members.start("a")
    server.gate = threading.Event()
    balancer = Balancer(members=(member_spec(server),))
    balancer.listener = {"connection_limit": 2}
    device.run(balancer.order())
    answers: list[str] = []
    clients = [
        threading.Thread(target=lambda: answers.append(balancer.ask("/wait"))) for _ in range(5)
    ]
    for client in clients:
        client.start()
    assert server.entered.acquire(timeout=10)
    assert server.entered.acquire(timeout=10)
    assert not server.entered.acquire(timeout=0.3)
    server.gate.set()
    for client in clients:
        client.join()
    assert answers == ["a"] * 5


def test_disabled_load_balancer_or_listener_closes_the_port(
    device: Device, members: Members
) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    assert balancer.open()
    balancer.enabled = False
    device.run(balancer.order())
    assert not balancer.open()
    balancer.enabled = True
    balancer.listener = {"enabled": False}
    device.run(balancer.order())
    assert not balancer.open()
    balancer.listener = {}
    device.run(balancer.order())
    assert balancer.ask() == "a"


def test_without_a_usable_pool_http_says_503(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),), enabled=False)
    device.run(balancer.order())
    assert balancer.ask() == "503"
    device.run(balancer.order(enabled=True))
    assert balancer.ask() == "a"
    balancer.listener = {"default_pool": None, "protocol": Protocol.HTTP}
    device.run(balancer.order())
    assert balancer.ask() == "503"


@pytest.mark.parametrize("pool", [{"enabled": False}, {"members": ()}])
def test_without_a_usable_pool_tcp_closes_the_connection(
    pool: dict[str, object], device: Device, members: Members
) -> None:
    known = {"members": (member_spec(members.start("a")),), "protocol": Protocol.TCP}
    balancer = Balancer(**{**known, **pool})
    device.run(balancer.order())
    with socket.create_connection((balancer.address, balancer.port), timeout=5) as client:
        assert client.recv(1) == b""


def test_disabled_member_gets_nothing_new_and_finishes_what_it_has(
    device: Device, members: Members
) -> None:
    a, b = members.start("a"), members.start("b")
    a.gate = b.gate = threading.Event()
    one, two = member_spec(a), member_spec(b)
    balancer = Balancer(members=(one, two))
    device.run(balancer.order())
    answers: list[str] = []
    waiting = threading.Thread(target=lambda: answers.append(balancer.ask("/wait")))
    waiting.start()
    busy = eventually(lambda: next((each for each in (a, b) if each.seen), None))
    specs = [replace(spec, enabled=spec.port != busy.server_address[1]) for spec in (one, two)]
    device.run(balancer.order(members=tuple(specs)))
    other = "b" if busy is a else "a"
    assert {balancer.ask() for _ in range(5)} == {other}
    a.gate.set()
    waiting.join()
    assert answers == [busy.name]
    device.run(balancer.order(members=(one, two)))
    assert {balancer.ask() for _ in range(4)} == {"a", "b"}


@pytest.mark.slow
def test_removed_service_closes_its_port_at_once(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    for _ in range(5):
        device.run(balancer.order())
        assert balancer.open()
        device.run(balancer.removal())
        assert not balancer.open()
    assert device.apply(balancer.removal()) == [None]


def test_devices_of_one_driver_are_apart(device: Device, members: Members) -> None:
    other = Device(device.state_dir)
    one, two = (Balancer(members=(member_spec(members.start(name)),)) for name in "ab")
    device.run(one.order())
    other.run(two.order())
    assert (one.ask(), two.ask()) == ("a", "b")
    other.driver.retire(other.handle)
    other.driver.close(stop_devices=False)
    assert not two.open()
    assert one.ask() == "a"


def test_kept_alive_connection_goes_on_over_a_weight_change(
    device: Device, members: Members
) -> None:
    from http.client import HTTPConnection

    spec = member_spec(members.start("a"))
    balancer = Balancer(members=(spec,))
    device.run(balancer.order())
    with closing(HTTPConnection(balancer.address, balancer.port, timeout=10)) as client:
        for weight in (2, 3, 4):
            client.request("GET", "/")
            assert client.getresponse().read() == b"a"
            device.run(balancer.order(members=(replace(spec, weight=weight),)))
