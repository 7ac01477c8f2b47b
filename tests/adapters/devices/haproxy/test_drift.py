"""What somebody changed in a running HAProxy is put right, and nothing else is touched."""

import socket
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from core.domain.loadbalancer.model import MonitorType
from core.domain.loadbalancer.spec import MemberSpec
from tests.adapters.devices.haproxy.support import (
    Balancer,
    Device,
    Members,
    as_servers,
    eventually,
    free_port,
    loopback,
    member_spec,
    monitor_spec,
)
from tests.adapters.devices.haproxy.test_hitless import new_connections

ONE = "repaired 1 server that was changed by hand"
PATIENT = monitor_spec(MonitorType.TCP, delay=5, timeout=5, max_retries=10)
"""A monitor that a busy host does not mislead."""


def backend(balancer: Balancer) -> str:
    return f"{balancer.id}.{balancer.pool.id}"


def three(members: Members) -> tuple[MemberSpec, MemberSpec, MemberSpec]:
    a, b, c = (member_spec(members.start(name)) for name in "abc")
    return a, replace(b, weight=5), replace(c, enabled=False)


def spare() -> MemberSpec:
    """A member that nobody plays."""
    address = loopback()
    return MemberSpec(id="spare", address=address, port=free_port(address), weight=1, enabled=True)


def test_what_was_changed_while_no_agent_ran_is_put_right_at_the_start(
    device: Device, members: Members
) -> None:
    specs = three(members)
    balancer = Balancer(members=specs)
    order = balancer.order()
    device.run(order)
    device.driver.close(stop_devices=False)
    name, worker = backend(balancer), device.worker
    assert device.tell(f"set server {name}/{specs[0].id} state maint") == ""
    assert device.tell(f"set server {name}/{specs[1].id} weight 200") == ""
    assert device.servers(balancer) != as_servers(*specs)
    driver = device.open()
    with capture_logs() as logs:
        driver.probe(device.handle)
    assert device.servers(balancer) == as_servers(*specs)
    changed = next(each for each in logs if each["event"] == "changed_by_hand")
    assert set(changed["servers"]) == {f"{name}/{each.id}" for each in specs[:2]}
    assert device.apply(order, complete=True) == [None]
    observation = driver.observe(device.handle)
    assert (observation.failure, observation.note) == (
        None,
        "repaired 2 servers that were changed by hand",
    )
    assert device.worker == worker
    assert not (device.directory / "changing").exists()


@pytest.mark.parametrize("monitors", [(), (PATIENT,)], ids=["", "checked"])
@pytest.mark.parametrize(
    ("commands", "reloads"),
    [
        (("set server {name}/{ready} state maint",), False),
        (("set server {name}/{ready} state drain",), False),
        (("set server {name}/{ready} weight 0",), False),
        (("set server {name}/{off} state ready",), False),
        (("set server {name}/{off} state drain",), False),
        (("set server {name}/{ready} state maint", "del server {name}/{ready}"), False),
        (("add server {name}/x 127.0.0.1:9", "enable server {name}/x"), False),
        (("set server {name}/{ready} addr 127.0.0.1 port 9",), True),
    ],
    ids=["maint", "drain", "weight", "ready", "off to drain", "gone", "extra", "address"],
)
def test_what_is_changed_while_the_agent_runs_is_put_right_by_the_next_look(
    commands: tuple[str, ...],
    reloads: bool,
    monitors: tuple[object, ...],
    device: Device,
    members: Members,
) -> None:
    ready, heavy, off = specs = three(members)
    balancer = Balancer(members=specs, monitors=monitors)
    device.run(balancer.order())
    worker = device.worker
    for command in commands:
        device.tell(command.format(name=backend(balancer), ready=ready.id, off=off.id))
    assert device.servers(balancer) != as_servers(*specs)
    observation = device.driver.observe(device.handle)
    assert (observation.failure, observation.note) == (None, ONE)
    assert device.servers(balancer) == as_servers(*specs)
    assert (device.worker != worker) is reloads
    assert {balancer.ask() for _ in range(24)} == {"a", "b"}
    found = observation.services[balancer.id]["members"]
    assert isinstance(found, dict)
    assert found.keys() == ({ready.id, heavy.id} if monitors else set())
    settled = device.worker
    assert device.driver.observe(device.handle).note == ONE
    assert device.worker == settled


def test_a_member_that_waits_to_be_dropped_is_left_alone(device: Device, members: Members) -> None:
    a, b = (member_spec(members.start(name)) for name in "ab")
    balancer = Balancer(members=(a,), protocol="TCP")
    device.run(balancer.order())
    worker = device.worker
    with socket.create_connection((balancer.address, balancer.port)) as held:
        held.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert held.recv(65536)
        device.run(balancer.order(members=(b,)))
        left = {**as_servers(b, replace(a, enabled=False))}
        for _ in range(2):
            assert device.servers(balancer) == left
            assert device.driver.observe(device.handle).note == ""
            device.driver.close(stop_devices=False)
            device.open()
        device.tell(f"set server {backend(balancer)}/{a.id} state ready")
        assert device.driver.observe(device.handle).note == ONE
        assert device.servers(balancer) == left
        assert device.worker == worker


@pytest.mark.slow
def test_health_and_weight_of_zero_are_no_changes(device: Device, members: Members) -> None:
    a, b, dead = member_spec(members.start("a")), member_spec(members.start("b")), spare()
    specs = (a, replace(b, weight=0), dead)
    balancer = Balancer(members=specs, monitors=(monitor_spec(MonitorType.TCP),))
    device.run(balancer.order())

    def states() -> list[bool]:
        observation = device.driver.observe(device.handle)
        assert (observation.failure, observation.note) == (None, "")
        found = observation.services[balancer.id]["members"]
        assert isinstance(found, dict)
        return [found[each.id]["up"] for each in specs]

    eventually(lambda: states() == [True, True, False])
    device.driver.close(stop_devices=False)
    device.open()
    worker = device.worker
    assert states() == [True, True, False]
    assert device.worker == worker


def test_addresses_are_compared_not_their_spelling(device: Device) -> None:
    members = [
        replace(spare(), id=name, address=address)
        for name, address in (("v6", "::1"), ("mapped", "::ffff:127.0.0.1"), ("long", "2001:DB8::"))
    ]
    device.run(Balancer(members=tuple(members)).order())
    worker = device.worker
    assert device.driver.observe(device.handle).note == ""
    assert device.worker == worker


@pytest.fixture
def robbed(device: Device, members: Members) -> Callable[[int], list[Balancer]]:
    """HAProxy goes on with balancers of which all files are lost or changed, with no agent."""

    def rob(count: int) -> list[Balancer]:
        spec = member_spec(members.start("a"))
        balancers = [Balancer(members=(spec,)) for _ in range(count)]
        device.run(*(balancer.order() for balancer in balancers))
        device.driver.close(stop_devices=False)
        for path in (device.directory / "services").iterdir():
            path.unlink()
        (device.directory / "haproxy.cfg").write_text("# somebody's own\n")
        return balancers

    return rob


@pytest.mark.slow
def test_lost_files_interrupt_nobody(
    robbed: Callable[[int], list[Balancer]], device: Device
) -> None:
    one, two = balancers = robbed(2)
    stop = threading.Event()
    answers: Counter[str] = Counter()
    failures: list[str] = []
    clients = [
        threading.Thread(target=new_connections, args=(each, stop, answers, failures))
        for each in (one, one, two, two)
    ]
    for client in clients:
        client.start()
    driver = device.open()
    driver.probe(device.handle)
    worker = device.worker
    note = driver.observe(device.handle).note
    names = ", ".join(sorted(each.id for each in balancers))
    assert note == f"runs until the next orders what nothing is kept of: {names}"
    assert device.worker == worker
    assert device.apply(*(each.order() for each in balancers), complete=True) == [None, None]
    seen = answers.total()
    eventually(lambda: answers.total() > seen + 20)
    stop.set()
    for client in clients:
        client.join()
    assert failures == []
    assert set(answers) == {"a"}
    assert driver.observe(device.handle).note == ""
    assert f"bind ipv4@{one.address}:{one.port}" in (device.directory / "haproxy.cfg").read_text()
    assert {path.stem for path in (device.directory / "services").iterdir()} == {one.id, two.id}


def test_what_nothing_is_kept_of_goes_once_a_complete_list_leaves_it_out(
    robbed: Callable[[int], list[Balancer]], device: Device
) -> None:
    kept, gone = robbed(2)
    driver = device.open()
    assert device.apply() == []
    assert (kept.ask(), gone.ask()) == ("a", "a")
    assert device.apply(kept.order(), gone.removal(), complete=True) == [None, None]
    assert kept.ask() == "a"
    eventually(lambda: not gone.open())
    assert driver.observe(device.handle).note == ""


def test_a_complete_list_of_nothing_ends_what_nothing_is_kept_of(
    robbed: Callable[[int], list[Balancer]], device: Device
) -> None:
    (gone,) = robbed(1)
    device.open()
    assert device.apply(complete=True) == []
    eventually(lambda: not gone.open())


def test_a_port_of_what_nothing_is_kept_of_is_not_free_for_others(
    robbed: Callable[[int], list[Balancer]], device: Device
) -> None:
    (old,) = robbed(1)
    other = Balancer()
    other.address, other.port = old.address, old.port
    device.open()
    told = f"cannot listen on {old.address}:{old.port}: Address already in use"
    assert device.apply(other.order(), old.order(), complete=True) == [told, None]
    assert old.ask() == "a"
