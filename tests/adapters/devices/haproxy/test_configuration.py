"""The configuration, word by word, and what nobody can smuggle into it."""

import uuid
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, example, given, settings

from adapters.devices.haproxy import find_binary
from adapters.devices.haproxy.master import Master
from adapters.devices.haproxy.parameters import read_parameters
from adapters.devices.haproxy.preamble import preamble
from adapters.devices.haproxy.process import Process
from adapters.devices.haproxy.render import render
from adapters.devices.haproxy.running import check_config
from adapters.devices.haproxy.statistics import read_statistics
from adapters.devices.haproxy.syntax import Refused, Section, word
from core.domain.loadbalancer.model import (
    Method,
    MonitorType,
    PersistenceType,
    Protocol,
)
from core.domain.loadbalancer.spec import (
    ListenerSpec,
    LoadBalancerSpec,
    MemberSpec,
    MonitorSpec,
    PoolSpec,
    VipSpec,
)
from tests.adapters.devices.haproxy.support import (
    Balancer,
    Device,
    monitor_spec,
    persistence,
)

GOLDEN = Path(__file__).parent / "golden"
PARAMETERS = read_parameters({})

HOSTILE = st.lists(
    st.sampled_from(
        [
            *("\n", "\r", "\0", "\t", " ", "'", '"', "\\", "#", "$", "${HOME}", "%[src]", "%"),
            *(";", ",", "(", ")", "[", "]", "`", "|", "&", "é", "\u2028", "\x85", "\x7f"),
            *("listen x", "server s 127.0.0.1:1", "\nbackend b\n", "global", "bind :80", "a", "/"),
        ]
    )
    | st.characters(codec="utf-8"),
    max_size=8,
).map("".join)


def member(number: int, **fields: object) -> MemberSpec:
    known = {"address": f"127.0.0.{number}", "port": 80, "weight": 1, "enabled": True}
    return MemberSpec(**{"id": f"member-{number}", **known, **fields})


def pool(**fields: object) -> PoolSpec:
    known = {
        "id": "pool",
        "protocol": Protocol.HTTP,
        "method": Method.ROUND_ROBIN,
        "enabled": True,
        "session_persistence": None,
        "network_id": "network",
        "members": (member(1), member(2, weight=0), member(3, enabled=False)),
        "monitors": (),
    }
    return PoolSpec(**{**known, **fields})


def listener(default_pool: PoolSpec | None, **fields: object) -> ListenerSpec:
    known = {
        "id": "listener",
        "protocol": default_pool.protocol if default_pool else Protocol.HTTP,
        "port": 80,
        "connection_limit": None,
        "enabled": True,
        "default_pool": default_pool,
    }
    return ListenerSpec(**{**known, **fields})


def balancer(*listeners: ListenerSpec, **fields: object) -> LoadBalancerSpec:
    known = {
        "id": "service",
        "project_id": "project",
        "name": "name",
        "enabled": True,
        "vip": VipSpec(address="127.1.1.1", network_id="n", subnet_id="s", port_id="p"),
        "listeners": listeners,
    }
    return LoadBalancerSpec(**{**known, **fields})


def check(kind: MonitorType, number: int, **fields: object) -> MonitorSpec:
    return monitor_spec(kind, id=str(number), delay=5, timeout=3, max_retries=4, **fields)


SCENARIOS = {
    "http": balancer(listener(pool(), connection_limit=100)),
    "tcp_source_ip": balancer(listener(pool(protocol=Protocol.TCP, method=Method.SOURCE_IP))),
    "https_least_connections": balancer(
        listener(pool(protocol=Protocol.HTTPS, method=Method.LEAST_CONNECTIONS))
    ),
    "persistence_source_ip": balancer(
        listener(pool(session_persistence=persistence(PersistenceType.SOURCE_IP)))
    ),
    "persistence_http_cookie": balancer(
        listener(pool(session_persistence=persistence(PersistenceType.HTTP_COOKIE)))
    ),
    "persistence_app_cookie": balancer(
        listener(pool(session_persistence=persistence(PersistenceType.APP_COOKIE, "it's$A")))
    ),
    "monitor_ping": balancer(listener(pool(monitors=(check(MonitorType.PING, 1),)))),
    "monitor_tcp": balancer(
        listener(pool(monitors=(check(MonitorType.PING, 1), check(MonitorType.TCP, 2))))
    ),
    "monitors_http_and_https": balancer(
        listener(
            pool(
                monitors=(
                    check(MonitorType.HTTP, 1, url_path="/it's?#$HOME", expected_codes=(200, 201)),
                    check(MonitorType.HTTPS, 2, http_method="HEAD", expected_codes=(204, 200)),
                )
            )
        )
    ),
    "ipv6": balancer(
        listener(pool(members=(member(1, address="fd00::0:1"),))),
        vip=VipSpec(address="fd00::2", network_id="n", subnet_id="s", port_id="p"),
    ),
    "without_a_pool": balancer(listener(None)),
    "pool_disabled": balancer(listener(pool(enabled=False))),
    "listener_disabled": balancer(listener(pool(), enabled=False)),
    "disabled": balancer(listener(pool()), enabled=False),
    "two_listeners_of_one_pool": balancer(
        listener(pool()), listener(pool(), id="other", port=8080)
    ),
}


NAMESPACES = {"n": "ph-device-a", "network": "ph-device-b"}
WIRED = {
    "namespaces": SCENARIOS["persistence_http_cookie"],
    "namespaces_monitor_ping": SCENARIOS["monitor_ping"],
    "namespaces_monitor_tcp": SCENARIOS["monitor_tcp"],
    "namespaces_ipv6": SCENARIOS["ipv6"],
    "namespaces_without_a_pool": SCENARIOS["without_a_pool"],
}
"""Those between networks that have a namespace each."""


@pytest.mark.parametrize("name", WIRED)
def test_golden_in_namespaces(name: str) -> None:
    """HAProxy reads such a configuration only where the namespaces are."""
    rendered = render(WIRED[name], PARAMETERS, NAMESPACES)
    assert rendered.text == (GOLDEN / f"{name}.cfg").read_text()


def test_the_same_address_in_another_namespace_is_another_endpoint() -> None:
    one, other = (
        render(SCENARIOS["http"], PARAMETERS, {**NAMESPACES, "n": name}).endpoints
        for name in ("ph-device-a", "ph-device-c")
    )
    assert len(one) == len(other) == 1
    assert not one & other


def test_a_network_without_a_namespace_is_refused_when_others_have_one() -> None:
    with pytest.raises(Refused, match="not connected to network 'network'"):
        render(SCENARIOS["http"], PARAMETERS, {"n": "ph-device-a"})


@pytest.mark.parametrize("name", SCENARIOS)
def test_golden(name: str, tmp_path: Path) -> None:
    rendered = render(SCENARIOS[name], PARAMETERS)
    assert rendered.text == (GOLDEN / f"{name}.cfg").read_text()
    whole = tmp_path / "haproxy.cfg"
    whole.write_text(preamble(PARAMETERS, pings=rendered.pings, files=0) + rendered.text)
    assert check_config(find_binary(), whole) is None


def test_golden_preamble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.devices.haproxy.preamble.open_files", lambda: 20_000)
    parameters = read_parameters({"max_connections": 9000})
    assert preamble(parameters, pings=True, files=3000) == (GOLDEN / "preamble.cfg").read_text()


def test_every_golden_file_has_a_scenario() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {*SCENARIOS, *WIRED, "preamble"}


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (balancer(listener(pool(), port=0)), "listener port 0 is not within 1 to 65535"),
        (balancer(listener(pool(), connection_limit=0)), "connection limit 0 must be at least 1"),
        (balancer(listener(pool(), protocol=Protocol.TCP)), "a TCP listener cannot use a HTTP"),
        (balancer(listener(pool()), listener(pool(), id="b")), "two listeners have the same port"),
        (balancer(listener(pool(members=(member(1, address="fe80::1%lo"),)))), "not name a zone"),
        (balancer(listener(pool(members=(member(1, address="localhost"),)))), "not an IP address"),
        (balancer(listener(pool(members=(member(1, weight=257),)))), "not within 0 to 256"),
        (balancer(listener(pool(members=(member(1, port=70000),)))), "member port 70000"),
        (balancer(listener(pool()), id="a.b"), "load balancer id 'a.b'"),
    ],
)
def test_what_haproxy_cannot_do_is_refused(spec: LoadBalancerSpec, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        render(spec, PARAMETERS)


@pytest.mark.slow
def test_hostile_values_are_refused_or_harmless(device: Device) -> None:
    """What is not refused runs in a real HAProxy, which must have just what was meant."""
    accepted: list[Balancer] = []
    values: list[str] = []

    @example("$'\"\\#", "url_path")
    @example("it's$HOME", "cookie_name")
    @settings(max_examples=300, database=None, suppress_health_check=list(HealthCheck))
    @given(HOSTILE, st.sampled_from(["url_path", "http_method", "cookie_name", "id", "name"]))
    def try_one(value: str, field: str) -> None:
        made = hostile_balancer(value, field)
        refusal = refusal_of(made)
        if refusal is None:
            accepted.append(made)
            values.append(value)
        else:
            assert refusal.isprintable()

    try_one()
    assert len(accepted) > 20
    assert {"$'\"\\#", "it's$HOME"} <= set(values)
    device.run(*(made.order() for made in accepted))
    answer = Master(device.directory).ask_worker(device.worker, "show stat -1 7 -1")
    rows = {tuple(row.split(",")[:2]) for row in answer.splitlines()[1:]}
    expected = set()
    for made in accepted:
        backend = f"{made.id}.{made.pool.id}"
        expected |= {(f"{made.id}.{made.spec().listeners[0].id}", "FRONTEND"), (backend, "BACKEND")}
        expected |= {(backend, each.id) for each in made.pool.members}
    assert rows == expected
    assert read_statistics(answer).traffic.keys() == {
        f"{made.id}.{made.pool.id}" for made in accepted
    }


def refusal_of(made: Balancer) -> str | None:
    try:
        render(made.spec(), PARAMETERS)
    except Refused as refusal:
        return str(refusal)
    return None


def hostile_balancer(value: str, field: str) -> Balancer:
    target = MemberSpec(
        id=value if field == "id" else "m", address="127.0.0.1", port=9, weight=1, enabled=True
    )
    fields: dict[str, object] = {"members": (target,)}
    if field in ("url_path", "http_method"):
        fields["monitors"] = (replace(monitor_spec(MonitorType.HTTP), **{field: value}),)
    if field == "cookie_name":
        fields["session_persistence"] = persistence(PersistenceType.APP_COOKIE, value)
    made = Balancer(**fields)
    made.name = value if field == "name" else "n"
    return made


@pytest.mark.slow
def test_every_word_is_read_as_it_was_meant(tmp_path: Path) -> None:
    """HAProxy is asked what it read of hundreds of hostile words."""
    words: dict[str, str] = {}

    @settings(max_examples=400, database=None, suppress_health_check=list(HealthCheck))
    @given(HOSTILE | st.text(alphabet=st.characters(), max_size=30))
    def try_one(value: str) -> None:
        try:
            word(value)
        except Refused:
            assert (
                not value
                or any(ord(each) < 32 or each == "\x7f" for each in value)
                or (any("\ud800" <= each <= "\udfff" for each in value))
            )
        else:
            words[f"W{len(words)}"] = value

    try_one()
    assert len(words) > 100
    section = Section("global")
    for name, value in words.items():
        section.add("setenv", name, value)
    section.add("stats", "socket", "unix@stats.sock")
    config = tmp_path / "haproxy.cfg"
    config.write_text(section.text(), encoding="utf-8")
    process = Process(tmp_path, config)
    process.start(find_binary())
    try:
        master = Master(tmp_path)
        worker = master.processes().worker
        assert worker is not None
        answer = master.ask_worker(worker, "show env")
        read = dict(row.partition("=")[::2] for row in answer.split("\n"))
        assert {name: read[name] for name in words} == words
    finally:
        process.stop()


@pytest.mark.parametrize("value", ["", "a\nb", "a\rb", "a\0b", "\x7f", "\ud800", "x" * 1025])
def test_words_that_have_no_notation_are_refused(value: str) -> None:
    with pytest.raises(Refused):
        word(value)


def test_no_name_of_a_tenant_is_in_the_configuration() -> None:
    secret = str(uuid.uuid4())
    spec = replace(SCENARIOS["http"], name=secret, project_id=secret)
    assert secret not in render(spec, PARAMETERS).text
