"""One bad service never stops the others."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.devices.haproxy import endpoints, find_binary, running
from adapters.devices.haproxy.parameters import read_parameters
from adapters.devices.haproxy.rendered import Endpoint
from adapters.devices.haproxy.service import read_service
from adapters.devices.haproxy.wording import REFUSED, refusal_of
from core.domain.service import ServiceKind
from tests.adapters.devices.haproxy.support import (
    Balancer,
    Device,
    Members,
    eventually,
    member_spec,
)


@pytest.fixture
def taken() -> Iterator[Callable[[Balancer], socket.socket]]:
    """Has somebody else listen on a balancer's port."""
    strangers = []

    def take(balancer: Balancer) -> socket.socket:
        stranger = socket.create_server((balancer.address, balancer.port))
        strangers.append(stranger)
        return stranger

    yield take
    for stranger in strangers:
        stranger.close()


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports look free, as when somebody takes them in the last moment."""
    monkeypatch.setattr(running, "bind_refusal", lambda endpoint: None)
    monkeypatch.setattr("adapters.devices.haproxy.held.bind_refusal", lambda endpoint: None)


def balancers(members: Members, count: int) -> list[Balancer]:
    spec = member_spec(members.start("a"))
    return [Balancer(members=(spec,)) for _ in range(count)]


def test_a_port_in_use_fails_its_service_only(
    device: Device, members: Members, taken: Callable[[Balancer], socket.socket]
) -> None:
    good, bad = balancers(members, 2)
    stranger = taken(bad)
    assert device.apply(bad.order(), good.order()) == [
        f"cannot listen on {bad.address}:{bad.port}: Address already in use",
        None,
    ]
    assert good.ask() == "a"
    stranger.close()
    assert device.apply(bad.order()) == [None]
    assert bad.ask() == "a"


def test_an_address_of_another_host_fails_its_service_only(
    device: Device, members: Members
) -> None:
    good, bad = balancers(members, 2)
    bad.address = "192.0.2.1"
    failures = device.apply(bad.order(), good.order())
    assert failures[0] is not None
    assert failures[0].endswith("Cannot assign requested address")
    assert good.ask() == "a"


def test_after_a_failure_the_old_configuration_goes_on(
    device: Device, members: Members, taken: Callable[[Balancer], socket.socket]
) -> None:
    (balancer,) = balancers(members, 1)
    device.run(balancer.order())
    worker, port = device.worker, balancer.port
    other = Balancer()
    taken(other)
    balancer.address, was = other.address, balancer.address
    balancer.port = other.port
    assert device.apply(balancer.order()) != [None]
    balancer.address, balancer.port = was, port
    assert balancer.ask() == "a"
    assert device.worker == worker
    assert device.apply(balancer.order()) == [None]


@pytest.mark.slow
@pytest.mark.usefixtures("blind")
def test_when_a_reload_fails_the_service_at_fault_is_found(
    device: Device, members: Members, taken: Callable[[Balancer], socket.socket]
) -> None:
    old, good, bad, worse = balancers(members, 4)
    device.run(old.order())
    taken(bad)
    taken(worse)
    failures = device.apply(bad.order(), good.order(), worse.order())
    assert failures == [
        f"cannot listen on {bad.address}:{bad.port}: Address already in use",
        None,
        f"cannot listen on {worse.address}:{worse.port}: Address already in use",
    ]
    assert (old.ask(), good.ask()) == ("a", "a")
    config = (device.directory / "haproxy.cfg").read_text()
    assert [each.id in config for each in (old, good, bad, worse)] == [True, True, False, False]
    device.run(good.order(members=()))
    assert good.ask() == "503"


@pytest.mark.slow
@pytest.mark.parametrize("seen", [True, False], ids=["seen before", "found by HAProxy"])
def test_a_port_lost_while_down_holds_back_its_service_only(
    seen: bool,
    device: Device,
    members: Members,
    taken: Callable[[Balancer], socket.socket],
    request: pytest.FixtureRequest,
) -> None:
    good, bad = balancers(members, 2)
    device.run(good.order(), bad.order())
    device.driver.close(stop_devices=True)
    stranger = taken(bad)
    if not seen:
        request.getfixturevalue("blind")
    driver = device.open()
    driver.close(stop_devices=False)
    driver.probe(device.handle)
    assert good.ask() == "a"
    if seen:
        why = f"cannot listen on {bad.address}:{bad.port}: Address already in use"
        observation = driver.observe(device.handle)
        assert observation.failure is None
        assert observation.failures == {bad.id: (1, why)}
        assert observation.note == f"service {bad.id} cannot run: {why}"
    assert device.apply(bad.order()) != [None]
    stranger.close()
    if seen:
        observation = driver.observe(device.handle)
        assert (observation.note, observation.failures) == ("", {})
    else:
        device.run(bad.order())
    assert bad.ask() == "a"


def test_a_service_held_back_can_be_removed(
    device: Device, members: Members, taken: Callable[[Balancer], socket.socket]
) -> None:
    (bad,) = balancers(members, 1)
    device.run(bad.order())
    device.driver.close(stop_devices=True)
    taken(bad)
    driver = device.open()
    driver.close(stop_devices=False)
    driver.probe(device.handle)
    device.run(bad.removal())
    assert driver.observe(device.handle).note == ""
    assert not list((device.directory / "services").iterdir())


def test_two_services_cannot_have_one_port(device: Device, members: Members) -> None:
    first, second, third = balancers(members, 3)
    second.address, second.port = first.address, first.port
    third.address, third.port = first.address, first.port
    told = f"{first.address}:{first.port} is used by another load balancer on the device"
    with capture_logs() as logs:
        assert device.apply(first.order(), second.order()) == [None, told]
    assert (second.id, first.id) in [(each.get("service"), each.get("owner")) for each in logs]
    assert device.apply(third.order()) == [told]
    assert first.ask() == "a"


def test_a_port_that_its_owner_failed_to_give_up_stays_its_own(
    device: Device, members: Members, taken: Callable[[Balancer], socket.socket]
) -> None:
    first, second = balancers(members, 2)
    device.run(first.order())
    address, port = first.address, first.port
    second.address, second.port = address, port
    blocked = Balancer()
    taken(blocked)
    first.address, first.port = blocked.address, blocked.port
    failures = device.apply(second.order(), first.order())
    assert failures[0] == f"{address}:{port} is used by another load balancer on the device"
    assert "already in use" in str(failures[1])
    assert second.ask() == "a"
    assert device.processes().worker


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"vip": None}, r"Expected `object`, got `null` - at `\$.vip`"),
        ({"listeners": [{}]}, "missing required field"),
        ({"id": "other"}, "the specification is that of 'other'"),
        ({"enabled": "yes"}, r"Expected `bool`, got `str` - at `\$.enabled`"),
    ],
)
def test_a_malformed_specification_fails_its_service_only(
    change: dict[str, object], reason: str, device: Device, members: Members
) -> None:
    good, bad = balancers(members, 2)
    order = bad.order()
    assert order.spec is not None
    failures = device.apply(replace(order, spec={**order.spec, **change}), good.order())
    assert failures[1] is None
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(failures[0])
    assert good.ask() == "a"


def test_other_kinds_are_refused(device: Device) -> None:
    order = replace(Balancer().order(), kind=ServiceKind.FIREWALL)
    assert device.apply(order) == ["HAProxy offers no firewall"]


@pytest.mark.parametrize("names", [True, False], ids=["named", "not named"])
def test_what_haproxy_finds_wrong_fails_its_service_only(
    names: bool, device: Device, members: Members, tmp_path: Path
) -> None:
    """A stand-in for HAProxy finds fault with each connection limit of 77."""
    real = find_binary().path
    wrapper = tmp_path / "haproxy-strict"
    who = "$(grep -B3 'maxconn 77' \"$4\" | grep frontend)" if names else "somebody"
    wrapper.write_text(
        f"""#!/bin/sh
if [ "$1" = -c ] && grep -q 'maxconn 77' "$4"; then
    who="{who}"
    echo "$who" | sed 's/^/[ALERT]    (1) : config : /; s/$/ dislikes 77/' >&2
    exit 1
fi
exec '{real}' "$@"
"""
    )
    wrapper.chmod(0o755)
    device.parameters = {"binary": str(wrapper)}
    orders = balancers(members, 6)
    for bad in (orders[1], orders[4]):
        bad.listener = {"connection_limit": 77}
    with capture_logs() as logs:
        failures = device.apply(*(balancer.order() for balancer in orders))
    told = "the device does not accept the configuration"
    assert failures == [None, told, None, None, told, None]
    refused = {each["service"]: each["reason"] for each in logs if "service" in each}
    assert refused.keys() == {orders[1].id, orders[4].id}
    assert all("dislikes 77" in reason for reason in refused.values())
    assert [each.ask() for each in orders if not each.listener] == ["a"] * 4
    assert not orders[1].open()


def test_an_unexpected_answer_at_run_time_leads_to_a_reload(
    device: Device, members: Members
) -> None:
    a, b = (member_spec(members.start(name)) for name in "ab")
    balancer = Balancer(members=(a,))
    device.run(balancer.order())
    worker = device.worker
    from adapters.devices.haproxy.master import Master

    answer = Master(device.directory).ask_worker(
        worker, f"add server {balancer.id}.{balancer.pool.id}/{b.id} 127.0.0.1:9"
    )
    assert answer == "New server registered."
    device.run(balancer.order(members=(a, b)))
    eventually(lambda: device.worker != worker)
    assert {balancer.ask() for _ in range(4)} == {"a", "b"}
    assert not (device.directory / "changing").exists()


def test_waiting_for_a_port_lasts_until_it_is_closed() -> None:
    stranger = socket.create_server(("127.0.0.1", 0))
    endpoint = Endpoint(*stranger.getsockname())
    closing = threading.Timer(0.1, stranger.close)
    closing.start()
    endpoints.wait_until_closed([endpoint])
    assert stranger.fileno() == -1
    assert endpoints.bind_refusal(endpoint) is None
    closing.join()


def test_waiting_for_a_port_to_close_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        endpoint = Endpoint(*stranger.getsockname())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(endpoints, "CLOSE_TIMEOUT", 0.05)
            endpoints.wait_until_closed([endpoint])
        assert endpoints.bind_refusal(endpoint) is not None


@pytest.mark.parametrize("own", [True, False], ids=["own address", "another's address"])
def test_tenants_are_told_only_of_their_own_addresses(own: bool) -> None:
    document = Balancer().order().spec
    assert document is not None
    service = read_service(str(document["id"]), 1, document, read_parameters({}))
    (endpoint,) = service.rendered.endpoints
    address, port = endpoint.address, endpoint.port
    words = (
        "Binding [/secret/place/haproxy.cfg:7] for frontend x: "
        f"cannot bind socket (Permission denied) for [{address if own else '10.9.8.7'}:{port}]"
    )
    wanted = f"cannot listen on {address}:{port}: Permission denied" if own else REFUSED
    assert refusal_of(service, words) == wanted
