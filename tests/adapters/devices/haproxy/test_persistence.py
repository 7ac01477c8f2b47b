"""The three kinds of session persistence, over reloads and changes too."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.domain.loadbalancer.model import PersistenceType, Protocol
from tests.adapters.devices.haproxy.support import (
    Balancer,
    Device,
    Members,
    cookies,
    loopback,
    member_spec,
    persistence,
)


@pytest.fixture
def reload(device: Device) -> Callable[[], None]:
    def reload() -> None:
        worker = device.worker
        device.run(Balancer().order())
        assert device.worker != worker

    return reload


def test_source_ip_sticks_over_a_reload(
    device: Device, members: Members, reload: Callable[[], None]
) -> None:
    balancer = Balancer(
        session_persistence=persistence(PersistenceType.SOURCE_IP),
        members=tuple(member_spec(members.start(name)) for name in "abc"),
    )
    device.run(balancer.order())
    chosen = {source: balancer.ask(source=source) for source in (loopback() for _ in range(9))}
    assert set(chosen.values()) == set("abc")
    assert {source: balancer.ask(source=source) for source in chosen} == chosen
    reload()
    assert {source: balancer.ask(source=source) for source in reversed(chosen)} == chosen


def test_source_ip_sticks_in_tcp(device: Device, members: Members) -> None:
    balancer = Balancer(
        protocol=Protocol.TCP,
        session_persistence=persistence(PersistenceType.SOURCE_IP),
        members=tuple(member_spec(members.start(name)) for name in "abc"),
    )
    device.run(balancer.order())
    assert len({balancer.ask() for _ in range(6)}) == 1


def test_http_cookie_sticks_over_a_reload(
    device: Device, members: Members, reload: Callable[[], None]
) -> None:
    specs = tuple(member_spec(members.start(name)) for name in "abc")
    balancer = Balancer(session_persistence=persistence(PersistenceType.HTTP_COOKIE), members=specs)
    device.run(balancer.order())
    response, name = balancer.get()
    cookie = cookies(response)
    assert not any(spec.address in cookie or str(spec.port) in cookie for spec in specs)
    assert {balancer.ask(Cookie=cookie) for _ in range(6)} == {name}
    reload()
    assert {balancer.ask(Cookie=cookie) for _ in range(6)} == {name}


def test_members_join_cookie_persistence_without_a_reload(device: Device, members: Members) -> None:
    one, two = (member_spec(members.start(name)) for name in "ab")
    balancer = Balancer(
        session_persistence=persistence(PersistenceType.HTTP_COOKIE), members=(one,)
    )
    device.run(balancer.order())
    old = cookies(balancer.get()[0])
    worker = device.worker
    device.run(balancer.order(members=(one, two)))
    assert device.worker == worker
    found = {body: cookies(response) for response, body in (balancer.get() for _ in range(4))}
    assert found.keys() == {"a", "b"}
    assert {balancer.ask(Cookie=found["b"]) for _ in range(4)} == {"b"}
    assert {balancer.ask(Cookie=old) for _ in range(4)} == {"a"}


def test_app_cookie_sticks_over_a_reload(
    device: Device, members: Members, reload: Callable[[], None]
) -> None:
    servers = [members.start(name) for name in "abc"]
    for server in servers:
        server.set_cookie = f"JSESSIONID=session-{server.name}; Path=/"
    balancer = Balancer(
        session_persistence=persistence(PersistenceType.APP_COOKIE, "JSESSIONID"),
        members=tuple(member_spec(server) for server in servers),
    )
    device.run(balancer.order())
    found = {body: cookies(response) for response, body in (balancer.get() for _ in range(3))}
    assert found.keys() == set("abc")
    for server in servers:
        server.set_cookie = ""
    for name, cookie in found.items():
        assert {balancer.ask(Cookie=cookie) for _ in range(4)} == {name}
    reload()
    for name, cookie in found.items():
        assert {balancer.ask(Cookie=cookie) for _ in range(4)} == {name}
    assert {balancer.ask() for _ in range(6)} == set("abc")


def test_all_of_a_large_table_is_known_when_a_reload_is_over(
    device: Device, members: Members, reload: Callable[[], None]
) -> None:
    balancer = Balancer(
        session_persistence=persistence(PersistenceType.SOURCE_IP),
        members=tuple(member_spec(members.start(name)) for name in "ab"),
    )
    device.run(balancer.order())
    table = f"{balancer.id}.{balancer.pool.id}"
    sources = [f"2001:db8::{number:x}" for number in range(60_000)]
    for batch in batched(sources, 100):
        device.tell("; ".join(f"set table {table} key {each} data.server_id 1" for each in batch))
    for _ in range(3):
        assert used(device, table) == len(sources)
        reload()


def used(device: Device, table: str) -> int:
    """How many clients a table knows."""
    described = device.tell(f"show table {table} data.server_id gt 1000").splitlines()[0]
    return int(described.rpartition("used:")[2])


def batched(values: list[str], size: int) -> list[list[str]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def test_sessions_of_a_disabled_member_move(device: Device, members: Members) -> None:
    one, two = (member_spec(members.start(name)) for name in "ab")
    balancer = Balancer(
        session_persistence=persistence(PersistenceType.SOURCE_IP), members=(one, two)
    )
    device.run(balancer.order())
    first = balancer.ask()
    gone = one if first == "a" else two
    specs = tuple(replace(spec, enabled=spec != gone) for spec in (one, two))
    device.run(balancer.order(members=specs))
    assert {balancer.ask() for _ in range(4)} == {"a", "b"} - {first}


@pytest.mark.parametrize(
    "wanted",
    [
        persistence(PersistenceType.HTTP_COOKIE),
        persistence(PersistenceType.APP_COOKIE, "X"),
    ],
)
def test_cookies_are_refused_where_there_is_no_http(wanted: object, device: Device) -> None:
    refused = Balancer(protocol=Protocol.HTTPS, session_persistence=wanted)
    good = Balancer()
    failures = device.apply(refused.order(), good.order())
    assert failures == [f"persistence {wanted.type} needs protocol HTTP, not HTTPS", None]  # type: ignore[attr-defined]
    assert not refused.open()
    assert good.open()
