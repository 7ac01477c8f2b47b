"""Health monitors of every type, against members that really fail."""

import re
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.devices.haproxy import icmp_check
from core.domain.loadbalancer.model import MonitorType
from tests.adapters.devices.haproxy.support import (
    Balancer,
    Device,
    Member,
    Members,
    eventually,
    member_spec,
    monitor_spec,
    self_signed,
)

pytestmark = pytest.mark.slow


def answering(balancer: Balancer) -> set[str]:
    return {balancer.ask() for _ in range(4)}


@pytest.fixture
def health(device: Device) -> Callable[[Balancer], dict[str, dict[str, object]]]:
    def health(balancer: Balancer) -> dict[str, dict[str, object]]:
        observation = device.driver.observe(device.handle)
        assert observation.failure is None
        members: dict[str, dict[str, object]] = observation.services[balancer.id]["members"]  # type: ignore[assignment]
        return members

    return health


@pytest.mark.parametrize("kind", [MonitorType.TCP, MonitorType.HTTP])
def test_dead_member_is_taken_out_and_comes_back(
    kind: MonitorType,
    device: Device,
    members: Members,
    health: Callable[[Balancer], dict[str, dict[str, object]]],
) -> None:
    a, b = members.start("a"), members.start("b")
    one, two = member_spec(a), member_spec(b)
    balancer = Balancer(members=(one, two), monitors=(monitor_spec(kind),))
    device.run(balancer.order())
    address = a.server_address[:2]
    members.stop(a)
    eventually(lambda: not health(balancer)[one.id]["up"])
    # A check that is under way while the member stops meets a reset.
    assert re.search(
        r"\bConnection (refused|reset by peer)\b", str(health(balancer)[one.id]["description"])
    )
    assert health(balancer)[two.id] == {"up": True, "description": ""}
    assert answering(balancer) == {"b"}
    members.start("a", address)
    eventually(lambda: health(balancer)[one.id]["up"])
    assert answering(balancer) == {"a", "b"}


def test_http_monitor_asks_as_told_and_judges_the_status(
    device: Device,
    members: Members,
    health: Callable[[Balancer], dict[str, dict[str, object]]],
) -> None:
    a, b = members.start("a"), members.start("b")
    a.status, b.status = 204, 206
    one, two = member_spec(a), member_spec(b)
    monitor = monitor_spec(
        MonitorType.HTTP,
        http_method="HEAD",
        url_path="/it's?#$HOME\"%[src]\\x",
        expected_codes=(200, 203, 204, 205),
    )
    balancer = Balancer(members=(one, two), monitors=(monitor,))
    device.run(balancer.order())
    eventually(lambda: not health(balancer)[two.id]["up"])
    assert "status" in str(health(balancer)[two.id]["description"])
    assert health(balancer)[one.id]["up"]
    assert set(a.seen) == {("HEAD", monitor.url_path)}


def test_https_monitor_speaks_tls(
    device: Device,
    members: Members,
    tmp_path: Path,
    health: Callable[[Balancer], dict[str, dict[str, object]]],
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "both.pem"))

    class Secure(Member):
        def get_request(self) -> tuple[ssl.SSLSocket, object]:
            plain, address = super().get_request()
            return context.wrap_socket(plain, server_side=True), address

    secure, plain = members.start("a", kind=Secure), members.start("b")
    one, two = member_spec(secure), member_spec(plain)
    balancer = Balancer(
        protocol="HTTPS", members=(one, two), monitors=(monitor_spec(MonitorType.HTTPS),)
    )
    balancer.listener = {"protocol": "HTTPS"}
    device.run(balancer.order())
    eventually(lambda: not health(balancer)[two.id]["up"])
    assert health(balancer)[one.id]["up"]
    secure.status = 500
    eventually(lambda: not health(balancer)[one.id]["up"])


def test_ping_monitor_needs_an_echo_and_no_port(
    device: Device,
    members: Members,
    health: Callable[[Balancer], dict[str, dict[str, object]]],
) -> None:
    assert (MonitorType.PING in device.driver.probe(device.handle).capabilities.monitors) == (
        icmp_check.allowed()
    )
    a = members.start("a")
    answers = member_spec(a)
    silent = member_spec(a, address="240.0.0.1")
    balancer = Balancer(members=(answers, silent), monitors=(monitor_spec(MonitorType.PING),))
    device.run(balancer.order())
    eventually(lambda: not health(balancer)[silent.id]["up"])
    assert health(balancer)[answers.id]["up"] == icmp_check.allowed()
    members.stop(a)
    down = [each.id for each in (answers, silent) if not health(balancer)[each.id]["up"]]
    assert down == ([silent.id] if icmp_check.allowed() else [answers.id, silent.id])


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_echo_helper_hears_its_own_answer(address: str) -> None:
    if icmp_check.allowed():
        icmp_check.wait_for_echo(address)
    else:
        with pytest.raises(PermissionError):
            icmp_check.wait_for_echo(address)


def test_member_must_pass_all_monitors(
    device: Device,
    members: Members,
    health: Callable[[Balancer], dict[str, dict[str, object]]],
) -> None:
    a, b = members.start("a"), members.start("b")
    b.broken_path = "/two"
    one, two = member_spec(a), member_spec(b)
    monitors = (
        monitor_spec(MonitorType.PING),
        monitor_spec(MonitorType.TCP),
        monitor_spec(MonitorType.HTTP, url_path="/one"),
        monitor_spec(MonitorType.HTTP, url_path="/two"),
    )
    balancer = Balancer(members=(one, two), monitors=monitors)
    device.run(balancer.order())
    eventually(lambda: not health(balancer)[two.id]["up"])
    assert health(balancer)[one.id]["up"]
    assert {path for _, path in a.seen} == {"/one", "/two"}


def test_members_that_are_down_stay_down_over_a_reload(
    device: Device,
    members: Members,
    health: Callable[[Balancer], dict[str, dict[str, object]]],
) -> None:
    a, b = members.start("a"), members.start("b")
    one, two = member_spec(a), member_spec(b, enabled=False)
    dead = member_spec(members.start("c"))
    members.stop(members.named("c"))
    monitor = monitor_spec(MonitorType.TCP, delay=2, max_retries=1)
    balancer = Balancer(members=(one, two, dead), monitors=(monitor,))
    device.run(balancer.order())
    eventually(lambda: not health(balancer)[dead.id]["up"])
    worker = device.worker
    device.run(Balancer().order())
    assert device.worker != worker
    assert not health(balancer)[dead.id]["up"]
    assert {balancer.ask() for _ in range(6)} == {"a"}
    # What the new configuration says comes before what was so.
    device.run(balancer.order(monitors=(), members=(one, dead)))
    assert device.driver.observe(device.handle).services[balancer.id]["members"] == {}
    members.start("c", (dead.address, dead.port))
    assert {balancer.ask() for _ in range(6)} == {"a", "c"}


def test_members_without_a_monitor_or_disabled_are_not_judged(
    device: Device,
    members: Members,
    health: Callable[[Balancer], dict[str, dict[str, object]]],
) -> None:
    one, two = member_spec(members.start("a")), member_spec(members.start("b"), enabled=False)
    balancer = Balancer(members=(one, two))
    device.run(balancer.order())
    assert health(balancer) == {}
    device.run(balancer.order(monitors=(monitor_spec(MonitorType.TCP),)))
    assert health(balancer).keys() == {one.id}
