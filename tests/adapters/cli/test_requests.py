"""Options become the bodies, queries and headers that the API wants."""

import io
import json
import sys

import pytest

from tests.adapters.cli.conftest import error

N = "11111111-0000-4000-8000-000000000001"
S = "22222222-0000-4000-8000-000000000002"
P = "33333333-0000-4000-8000-000000000003"
V = "44444444-0000-4000-8000-000000000004"
M = "55555555-0000-4000-8000-000000000005"
H = "66666666-0000-4000-8000-000000000006"
D = "77777777-0000-4000-8000-000000000007"
T = "88888888-0000-4000-8000-000000000008"
VLAN = "provider:segmentation_id"

DEVICE = {
    "id": D,
    "name": "lb1",
    "parameters": {"host": "a", "port": 1},
    "limits": {"vips": 10, "connections": None},
    "labels": {"rack": "1", "row": "2"},
    "wiring": {"kind": "trunk", "host": None, "trunk_id": V},
}
POLICY = {"weights": {"wired": 4.0}, "demand": {"connections": 5}, "zone": "z"}


@pytest.fixture(autouse=True)
def objects(replay):
    for path, many, item in (
        ("/v2.0/networks", "networks", {"id": N, "name": "net"}),
        ("/v2.0/subnets", "subnets", {"id": S, "name": "sub"}),
        ("/v2.0/lb/pools", "pools", {"id": P, "name": "pool", "protocol": "HTTP"}),
        ("/v2.0/lb/vips", "vips", {"id": V, "name": "vip"}),
        ("/v2.0/lb/members", "members", {"id": M, "address": "127.0.0.2", "protocol_port": 80}),
        ("/v2.0/lb/health_monitors", "health_monitors", {"id": H}),
        ("/v2.0/fleet/devices", "devices", DEVICE),
        (
            "/v2.0/fleet/service-types",
            "service_types",
            {"id": T, "name": "gold", "policy": POLICY},
        ),
    ):
        one = many.removesuffix("s")
        replay.collection(path, many, [item])
        replay.on("POST", path, lambda seen, one=one: (201, {one: {"id": "new"}}))
        replay.on("PUT", f"{path}/{item['id']}", lambda seen, one=one: (200, {one: {"id": "x"}}))


@pytest.mark.parametrize(
    ("line", "path", "body"),
    [
        ("network add --name n --shared", "networks", {"name": "n", "shared": True}),
        ("network add --name n --vlan 7", "networks", {"name": "n", VLAN: 7}),
        (
            "subnet add --network net --cidr 127.1.0.0/24 --no-gateway --pool 127.1.0.9-127.1.0.19",
            "subnets",
            {
                "network_id": N,
                "cidr": "127.1.0.0/24",
                "gateway_ip": None,
                "allocation_pools": [{"start": "127.1.0.9", "end": "127.1.0.19"}],
            },
        ),
        (
            "subnet add --network net --cidr 127.1.0.0/24 --name s --gateway 127.1.0.1",
            "subnets",
            {"network_id": N, "cidr": "127.1.0.0/24", "name": "s", "gateway_ip": "127.1.0.1"},
        ),
        (
            "pool add --name p --subnet sub --protocol http",
            "lb/pools",
            {"name": "p", "subnet_id": S, "protocol": "HTTP", "lb_method": "ROUND_ROBIN"},
        ),
        (
            f"pool add --name p --subnet sub --protocol TCP --method source_ip --monitor {H}",
            "lb/pools",
            {
                "name": "p",
                "subnet_id": S,
                "protocol": "TCP",
                "lb_method": "SOURCE_IP",
                "health_monitors": [H],
            },
        ),
        (
            "member add --pool pool --address 127.0.0.3 --port 80 --weight 0 --down",
            "lb/members",
            {
                "pool_id": P,
                "address": "127.0.0.3",
                "protocol_port": 80,
                "weight": 0,
                "admin_state_up": False,
            },
        ),
        (
            "monitor add --type HTTP --delay 2 --timeout 1 --retries 3 --path /up --method HEAD"
            " --codes 200-204",
            "lb/health_monitors",
            {
                "type": "HTTP",
                "delay": 2,
                "timeout": 1,
                "max_retries": 3,
                "url_path": "/up",
                "http_method": "HEAD",
                "expected_codes": "200-204",
            },
        ),
        (
            "vip add --name web --subnet sub --port 8080 --pool pool",
            "lb/vips",
            {
                "name": "web",
                "subnet_id": S,
                "protocol": "HTTP",
                "protocol_port": 8080,
                "pool_id": P,
            },
        ),
        (
            "vip add --subnet sub --port 1 --pool pool --protocol TCP --service-type gold"
            " --address 127.0.0.9 --persistence APP_COOKIE:sid --connection-limit 5 --project x",
            "lb/vips",
            {
                "subnet_id": S,
                "protocol": "TCP",
                "protocol_port": 1,
                "pool_id": P,
                "service_type": "gold",
                "address": "127.0.0.9",
                "session_persistence": {"type": "APP_COOKIE", "cookie_name": "sid"},
                "connection_limit": 5,
                "tenant_id": "x",
            },
        ),
        (
            "device add --name d --driver haproxy --parameter port=8443 --parameter host=h"
            ' --parameter nested={"a":1} --limit vips=100 --limit connections=unlimited'
            " --zone z --label k=v=w --pool c --project x --admin-state draining",
            "fleet/devices",
            {
                "name": "d",
                "driver": "haproxy",
                "parameters": {"port": 8443, "host": "h", "nested": {"a": 1}},
                "limits": {"vips": 100, "connections": None},
                "zone": "z",
                "labels": {"k": "v=w"},
                "device_pool": "c",
                "project_id": "x",
                "admin_state": "draining",
            },
        ),
        (
            "service-type add --name gold --driver a,b --driver c --default --weight wired=2.5"
            " --demand connections=10 --zone z --dedicated",
            "fleet/service-types",
            {
                "name": "gold",
                "drivers": ["a", "b", "c"],
                "default": True,
                "policy": {
                    "weights": {"wired": 2.5},
                    "demand": {"connections": 10},
                    "zone": "z",
                    "dedicated": True,
                },
            },
        ),
        (
            "service-type add --name far --driver a --choice driver --strategy pack"
            " --grouping apart --apart-devices 3 --apart-seed 7 --prefer virtual"
            " --oversubscription throughput=1.5 --device-pool c --elastic-pool e",
            "fleet/service-types",
            {
                "name": "far",
                "drivers": ["a"],
                "policy": {
                    "choice": "driver",
                    "strategy": "pack",
                    "grouping": "apart",
                    "apart": {"devices": 3, "seed": 7},
                    "prefer": "virtual",
                    "oversubscription": {"throughput": 1.5},
                    "device_pool": "c",
                    "elastic_pool": "e",
                },
            },
        ),
        (
            'service-type add --name doc --driver a --policy {"zone":"z","weights":{"wired":1}}'
            " --weight private=2 --zone=",
            "fleet/service-types",
            {
                "name": "doc",
                "drivers": ["a"],
                "policy": {"zone": None, "weights": {"wired": 1, "private": 2.0}},
            },
        ),
        (
            "device add --name d --driver haproxy --isolates-overlapping yes",
            "fleet/devices",
            {"name": "d", "driver": "haproxy", "isolates_overlapping": True},
        ),
        (
            "device add --name d --driver a --wiring physical --wiring-host rack1",
            "fleet/devices",
            {"name": "d", "driver": "a", "wiring": {"kind": "physical", "host": "rack1"}},
        ),
        (
            "device add --name d --driver a --wiring-host net1",
            "fleet/devices",
            {"name": "d", "driver": "a", "wiring": {"kind": "virtual", "host": "net1"}},
        ),
    ],
)
def test_add(pierhead, replay, line, path, body):
    ended = pierhead(*line.split(), "--json")
    assert ended.err == ""
    assert ended.json == {"id": "new"}
    (sent,) = replay.sent("POST")
    assert sent.path == f"/v2.0/{path}"
    assert list(sent.body.values()) == [body]


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("vip set vip --persistence none", {"session_persistence": None}),
        ("vip set vip --pool pool --down", {"pool_id": P, "admin_state_up": False}),
        ("member set 127.0.0.2:80 --weight 5 --up", {"weight": 5, "admin_state_up": True}),
        (f"monitor set {H} --delay 9", {"delay": 9}),
        ("pool set pool --method least_connections", {"lb_method": "LEAST_CONNECTIONS"}),
        ("network set net --private", {"shared": False}),
        ("subnet set sub --no-gateway", {"gateway_ip": None}),
        ("device set lb1 --parameter port=2", {"parameters": {"host": "a", "port": 2}}),
        ('device set lb1 --parameters {"x":1}', {"parameters": {"x": 1}}),
        ("device set lb1 --limit vips=20", {"limits": {"vips": 20, "connections": None}}),
        ("device set lb1 --limit vips=", {"limits": {"connections": None}}),
        ("device set lb1 --label rack= --label hall=3", {"labels": {"row": "2", "hall": "3"}}),
        (
            "device set lb1 --zone= --pool= --project=",
            {"zone": None, "device_pool": None, "project_id": None},
        ),
        (
            "service-type set gold --weight private=1 --zone=",
            {"policy": {**POLICY, "weights": {"wired": 4.0, "private": 1.0}, "zone": None}},
        ),
        (
            "service-type set gold --weight wired= --demand connections= --apart-devices 2",
            {"policy": {**POLICY, "weights": {}, "demand": {}, "apart": {"devices": 2}}},
        ),
        (
            'service-type set gold --policy {"strategy":"pack"} --shared',
            {"policy": {"strategy": "pack", "dedicated": False}},
        ),
        ("service-type set gold --policy {}", {"policy": {}}),
        ("service-type set gold --name silver", {"name": "silver"}),
        ("device set lb1 --isolates-overlapping no", {"isolates_overlapping": False}),
        ("device set lb1 --isolates-overlapping=", {"isolates_overlapping": None}),
        ("device set lb1 --wiring virtual", {"wiring": {"kind": "virtual"}}),
        (
            f"device set lb1 --trunk {T}",
            {"wiring": {"kind": "trunk", "host": None, "trunk_id": T}},
        ),
        (
            "device set lb1 --trunk= --wiring-host=h",
            {"wiring": {"kind": "trunk", "host": "h", "trunk_id": None}},
        ),
        ("network set net --vlan 7", {VLAN: 7}),
        ("network set net --vlan=", {VLAN: None}),
    ],
)
def test_set(pierhead, replay, line, body):
    ended = pierhead(*line.split())
    assert ended.err == ""
    (sent,) = replay.sent("PUT")
    assert list(sent.body.values()) == [body]


def test_set_without_a_change(pierhead, replay):
    ended = pierhead("vip", "set", "vip")
    assert ended.code == 2
    assert "nothing to change" in ended.err
    assert replay.sent("PUT") == []


def test_a_monitor_for_a_pool_at_once(pierhead, replay):
    path = f"/v2.0/lb/pools/{P}/health_monitors"
    replay.on("POST", "/v2.0/lb/health_monitors", (201, {"health_monitor": {"id": H}}))
    replay.on("POST", path, (201, {"health_monitor": [H]}))
    options = "--type PING --delay 2 --timeout 1 --retries 3 --pool pool"
    assert pierhead("monitor", "add", *options.split()).code == 0
    assert replay.sent("POST")[-1].path == path
    assert replay.sent("POST")[-1].body == {"health_monitor": {"id": H}}


def test_adding_and_removing_a_pools_monitor(pierhead, replay):
    path = f"/v2.0/lb/pools/{P}/health_monitors"
    replay.on("POST", path, (201, {"health_monitor": [H]}))
    replay.on("DELETE", f"{path}/{H}", (204, {}))
    assert pierhead("pool", "add-monitor", "pool", H).code == 0
    assert replay.sent("POST")[0].body == {"health_monitor": {"id": H}}
    assert pierhead("pool", "remove-monitor", "pool", H).code == 0
    assert replay.sent("DELETE")[0].path == f"{path}/{H}"


@pytest.mark.parametrize("way", ["file", "stdin", "text"])
def test_parameters_that_do_not_stand_among_the_arguments(
    pierhead, replay, tmp_path, monkeypatch, way
):
    text = '{"password": "s3cret", "port": 1}'
    (tmp_path / "device.json").write_text(text)
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    source = {"file": str(tmp_path / "device.json"), "stdin": "-", "text": text}[way]
    line = ["device", "add", "--name", "d", "--driver", "x", "--parameters", source]
    ended = pierhead(*line, "--parameter", "port=2")
    assert replay.sent("POST")[0].body["device"]["parameters"] == {"password": "s3cret", "port": 2}
    assert "s3cret" not in ended.out + ended.err


@pytest.mark.parametrize("text", ['{"password": s3cret}', '["s3cret"]', "s3cret\udcff"])
def test_broken_parameters_are_not_printed(pierhead, tmp_path, text):
    (tmp_path / "device.json").write_text(text, errors="surrogateescape")
    source = str(tmp_path / "device.json")
    ended = pierhead("device", "add", "--name", "d", "--driver", "x", "--parameters", source)
    assert ended.code == 2
    assert "--parameters" in ended.err
    assert "s3cret" not in ended.err
    assert ended.err.count("\n") == 1


def test_parameters_of_a_missing_file(pierhead, tmp_path):
    source = str(tmp_path / "none.json")
    ended = pierhead("device", "add", "--name", "d", "--driver", "x", "--parameters", source)
    assert ended.code == 2
    assert "no such file or directory" in ended.err


@pytest.mark.parametrize(
    ("option", "named"),
    [
        ("--isolates-overlapping perhaps", "yes or no"),
        ("--weight wired=much", "--weight wired wants a number"),
        ("--oversubscription throughput=much", "--oversubscription throughput wants a number"),
        ("--demand throughput=1.5", "--demand throughput wants a whole number"),
        ("--policy [1]", "--policy: cannot read [1]"),
        ("--policy {1}", "--policy: the text is not JSON"),
        ("--strategy heap", "strategy"),
    ],
)
def test_options_that_make_no_sense_are_never_sent(pierhead, replay, option, named):
    word = "device set lb1" if "isolates" in option else "service-type set gold"
    ended = pierhead(*word.split(), *option.split())
    assert ended.code == 2
    assert named in ended.err
    assert replay.sent("PUT") == []


@pytest.mark.parametrize(
    ("field", "option"),
    [
        ("policy.weights.luck", "--weight"),
        ("policy.apart.devices", "--apart-devices"),
        ("policy.elastic_pool", "--elastic-pool"),
        ("policy.demand.slots", "--demand"),
        ("drivers", "--driver"),
        ("name", "--name"),
    ],
)
def test_a_refusal_names_the_option_at_fault(pierhead, replay, field, option):
    refusal = error("InvalidInput", f"Invalid input for {field}: no")
    replay.on("PUT", f"/v2.0/fleet/service-types/{T}", (400, refusal))
    ended = pierhead("service-type", "set", "gold", "--zone", "y")
    assert ended.code == 1
    assert f"(option {option})" in ended.err


def test_a_lists_query(pierhead, replay):
    options = "--filter status=ACTIVE --filter pool=pool --sort name:desc,id --limit 7 --json"
    assert pierhead("vip", "list", *options.split()).code == 0
    assert replay.seen[-1].query == {
        "status": ["ACTIVE"],
        "pool_id": [P],
        "sort_key": ["name", "id"],
        "sort_dir": ["desc", "asc"],
        "limit": ["7"],
    }


def test_who_asks(pierhead, replay):
    pierhead("--project", "blue", "--role", "member", "vip", "list", "--json")
    assert replay.seen[-1].headers["X-Project-Id"] == "blue"
    assert replay.seen[-1].headers["X-Roles"] == "member"
    pierhead("vip", "list", "--json")
    assert "X-Project-Id" not in replay.seen[-1].headers
    assert "X-Roles" not in replay.seen[-1].headers
    assert "X-Auth-Token" not in replay.seen[-1].headers


def test_settings_from_the_environment(replay, capsys, monkeypatch):
    from adapters.cli.app import outcome

    monkeypatch.setenv("PIERHEAD_URL", replay.url + "/")
    monkeypatch.setenv("PIERHEAD_PROJECT", "green")
    monkeypatch.setenv("PIERHEAD_ROLES", "admin")
    monkeypatch.setenv("PIERHEAD_TOKEN", "keystones")
    assert outcome(["vip", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["id"] == V
    assert replay.seen[-1].headers["X-Project-Id"] == "green"
    assert replay.seen[-1].headers["X-Roles"] == "admin"
    assert replay.seen[-1].headers["X-Auth-Token"] == "keystones"
