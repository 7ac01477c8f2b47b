"""``--wait`` ends with the outcome, not before."""

import pytest

V = "44444444-0000-4000-8000-000000000004"
PATH = f"/v2.0/lb/vips/{V}"


def vip(status, description=""):
    fields = {"id": V, "name": "web", "status": status, "status_description": description}
    return 200, {"vip": fields}


@pytest.fixture(autouse=True)
def change(replay):
    replay.on("GET", "/v2.0/lb/vips", (200, {"vips": [vip("ACTIVE")[1]["vip"]]}))
    replay.on("PUT", PATH, vip("PENDING_UPDATE"))
    replay.on("DELETE", PATH, (204, {}))


def test_until_active(pierhead, replay):
    replay.on("GET", PATH, vip("PENDING_UPDATE"), vip("PENDING_UPDATE"), vip("ACTIVE"))
    ended = pierhead("vip", "set", "web", "--up", "--wait", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.json["status"] == "ACTIVE"


def test_an_error_while_waiting(pierhead, replay):
    replay.on("GET", PATH, vip("PENDING_UPDATE"), vip("ERROR", "No eligible device: 0 devices"))
    ended = pierhead("vip", "set", "web", "--up", "--wait=5")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "pierhead: vip web is ERROR: No eligible device: 0 devices\n"


def test_waiting_too_long(pierhead, replay):
    replay.on("GET", PATH, vip("PENDING_UPDATE"))
    ended = pierhead("vip", "set", "web", "--up", "--wait=0.1")
    assert (ended.code, ended.out) == (1, "")
    assert "vip web is not ready after 0.1 s" in ended.err


def test_without_wait_the_answer_stands(pierhead):
    ended = pierhead("vip", "set", "web", "--up", "--json")
    assert ended.code == 0
    assert ended.json["status"] == "PENDING_UPDATE"


def test_until_gone(pierhead, replay):
    missing = (404, {"NeutronError": {"type": "VipNotFound", "message": "gone", "detail": ""}})
    replay.on("GET", PATH, vip("PENDING_DELETE"), missing)
    assert pierhead("vip", "remove", "web", "--wait").code == 0
    assert replay.seen[-1].method == "GET"


def test_a_removal_that_fails(pierhead, replay):
    replay.on("GET", PATH, vip("PENDING_DELETE"), vip("ERROR", "device is away"))
    ended = pierhead("vip", "remove", "web", "--wait")
    assert ended.code == 1
    assert ended.err == "pierhead: vip web is ERROR while being removed: device is away\n"


def test_a_removal_that_takes_too_long(pierhead, replay):
    replay.on("GET", PATH, vip("PENDING_DELETE"))
    ended = pierhead("vip", "remove", "web", "--wait=0.1")
    assert ended.code == 1
    assert "still there after 0.1 s" in ended.err


def test_a_device_until_it_was_probed(pierhead, replay):
    path = "/v2.0/fleet/devices"
    device = {"id": V, "name": "lb1", "status": "UNKNOWN", "status_reason": ""}
    offline = {**device, "status": "OFFLINE", "status_reason": "no route"}
    replay.on("POST", path, (201, {"device": device}))
    replay.on("GET", f"{path}/{V}", (200, {"device": device}), (200, {"device": offline}))
    ended = pierhead("device", "add", "--name", "lb1", "--driver", "x", "--wait")
    assert (ended.code, ended.err) == (1, "pierhead: device lb1 is OFFLINE: no route\n")
