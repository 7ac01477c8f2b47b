"""The commands against the real API over HTTP, with devices in memory."""

import time
from collections.abc import Iterator

import pytest

from pierhead.containers.memory import Memory
from tests.serving import served


@pytest.fixture
def url() -> Iterator[str]:
    container = Memory()
    container.core.first_start().run()
    runtime = container.runtime()
    runtime.start()
    with served(container.app()) as address:
        yield address
    runtime.stop(stop_devices=True)


@pytest.fixture
def ask(pierhead, url):
    """Runs a command line, which must succeed, and returns its JSON."""

    def call(line):
        ended = pierhead(*line.split(), "--json", url=url)
        assert (ended.code, ended.err) == (0, "")
        return ended.json

    return call


@pytest.fixture
def refused(pierhead, url):
    """Runs a command line, which must be refused, and returns the one line that says so."""

    def call(line, code=1):
        ended = pierhead(*line.split(), url=url)
        assert (ended.code, ended.out) == (code, "")
        assert ended.err.count("\n") == 1
        return ended.err

    return call


@pytest.fixture
def pool(ask):
    ask("network add --name net-a")
    ask("subnet add --network net-a --name net-a --cidr 127.1.0.0/24")
    ask("pool add --name web --subnet net-a --protocol HTTP --method LEAST_CONNECTIONS")
    ask("member add --pool web --address 127.0.0.21 --port 9001")
    ask("monitor add --type HTTP --delay 2 --timeout 1 --retries 3 --path /up --pool web")


@pytest.mark.slow
@pytest.mark.usefixtures("pool")
def test_the_workflow(ask, pierhead, url):
    device = ask("device add --name lb1 --driver memory --limit vips=1 --label rack=7 --wait")
    assert (device["status"], device["limits"], device["labels"]) == (
        "ONLINE",
        {"vips": 1},
        {"rack": "7"},
    )
    vip = ask(
        "vip add --name web --subnet net-a --port 8080 --pool web --service-type default"
        " --persistence SOURCE_IP --connection-limit 9 --wait"
    )
    assert (vip["status"], vip["protocol"], vip["connection_limit"]) == ("ACTIVE", "HTTP", 9)
    assert ask("vip list --filter pool=web --columns name,status") == [
        {"name": "web", "status": "ACTIVE"}
    ]
    member = ask("member set 127.0.0.21:9001 --weight 5 --down --wait")
    assert (member["weight"], member["admin_state_up"]) == (5, False)
    assert ask("vip set web --persistence none --wait")["session_persistence"] == {}
    assert len(ask("pool show web")["health_monitors"]) == 1
    assert set(ask("pool stats web")) >= {"bytes_in", "total_connections"}
    assert ask("binding show web")["device_id"] == device["id"]
    assert [each["device_id"] for each in ask("binding list --filter device=lb1")] == [device["id"]]
    assert ask("decision list --filter vip=web")[0]["device_id"] == device["id"]
    assert ask("status")["vips"] == {"ACTIVE": 1}
    for command in (
        "explain web",
        "status",
        "device list",
        "vip list",
        "pool list",
        "member list",
        "monitor list",
        "agent list",
        "driver list",
        "service-type list",
        "network list",
        "subnet list",
        "binding list",
        "decision list",
        "device show lb1",
        "driver show memory",
    ):
        shown = pierhead(*command.split(), url=url)
        assert (command, shown.code, shown.err) == (command, 0, "")
    assert "web was placed on lb1" in pierhead("explain", "web", url=url).out
    assert ask("vip remove web --wait") == [vip["id"]]
    assert ask("vip list") == []
    ask("device remove lb1 --wait")
    assert ask("device list") == []


@pytest.mark.slow
@pytest.mark.usefixtures("pool")
def test_a_vip_that_fits_nowhere(ask, refused, pierhead, url):
    ask("device add --name lb1 --driver memory --limit vips=0 --wait")
    told = refused("vip add --name web --subnet net-a --port 8080 --pool web --wait=20")
    assert told.startswith("pierhead: vip web is ERROR: No eligible device: 1 device considered")
    explained = pierhead("explain", "web", url=url).out
    assert "web was placed on no device" in explained
    assert "vips: 1 wanted, 0 left of 0  raise vips to 1" in explained
    assert "No eligible device" in pierhead("status", url=url).out
    ask("device set lb1 --limit vips=3")
    deadline = time.monotonic() + 20
    while ask("vip show web")["status"] != "ACTIVE":
        assert time.monotonic() < deadline


@pytest.mark.usefixtures("pool")
def test_refusals(ask, refused):
    ask("vip add --name web --subnet net-a --port 8080 --pool web")
    assert "remove what uses it first" in refused("pool remove web")
    assert "already exists" in refused("vip add --subnet net-a --port 1 --pool web")
    assert "(option --port)" in refused("member add --pool web --address 127.0.0.9 --port 70000")
    assert "(option --weight)" in refused("member set 127.0.0.21:9001 --weight 999")
    assert "(option --cidr)" in refused("subnet add --network net-a --cidr 10.0.0.0/24")
    assert "(option --persistence)" in refused("vip set web --persistence APP_COOKIE")
    assert "there is no vip" in refused("vip show nosuch")
    assert "no such" in refused("vip lst", code=2)
    assert "--role admin" in refused("--role member service-type add --name gold --driver memory")
    assert "--role admin" in refused("--role member agent list")
    assert "there is no pool" in refused("--project other --role member pool show web")
    ask("pool add --name web --subnet net-a --protocol TCP")
    assert "2 pools answer to web" in refused("pool show web", code=2)


def test_secrets_go_in_and_stay_in(ask, pierhead, url, tmp_path):
    (tmp_path / "device.json").write_text('{"username": "ann", "password": "s3cret"}')
    add = f"device add --name lb1 --driver memory --parameters {tmp_path}/device.json"
    assert ask(add)["parameters"] == {"username": "ann"}
    ask("device set lb1 --parameter username=bob")
    shown = pierhead("device", "show", "lb1", url=url)
    assert "username: bob" in shown.out
    assert "s3cret" not in shown.out


def test_the_catalogue(ask):
    options = "--weight wired=9 --demand connections=5 --zone z1 --dedicated"
    added = ask(f"service-type add --name gold --driver memory {options}")
    assert added["policy"]["weights"] == {"wired": 9}
    changed = ask("service-type set gold --shared --zone= --default")
    assert changed["policy"]["demand"] == {"connections": 5}
    assert changed["policy"]["zone"] is None
    assert changed["default"] is True
    ask("service-type remove gold")
    assert [each["name"] for each in ask("service-type list")] == ["default"]
