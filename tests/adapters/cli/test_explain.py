"""``pierhead explain`` says why, with the numbers."""

import pytest

V = "44444444-0000-4000-8000-000000000004"
FIT = {
    "device_id": "d1",
    "device_name": "lb1",
    "reasons": [],
    "terms": [
        {"score": "wired", "value": 1.0, "weight": 4.0},
        {"score": "least_loaded", "value": 0.25, "weight": 2.0},
    ],
}
SECOND = {
    "device_id": "d2",
    "device_name": "lb2",
    "reasons": [],
    "terms": [{"score": "wired", "value": 0.0, "weight": 4.0}],
}
FULL = {
    "device_id": "d3",
    "device_name": "lb3",
    "terms": [],
    "reasons": [
        {"code": "not-online", "text": "is OFFLINE: no route", "numbers": {"status": "OFFLINE"}},
        {
            "code": "limit-reached",
            "text": "vips: 1 wanted, 0 left of 9",
            "numbers": {"wanted": 1, "limit": 9},
        },
    ],
}


def decision(**changes):
    return {
        "id": "x",
        "service_id": V,
        "decided_at": 0,
        "device_id": "d1",
        "considered": 3,
        "refusals": {"not-online": 1, "limit-reached": 1},
        "verdicts": [FIT, SECOND, FULL],
        **changes,
    }


@pytest.fixture(autouse=True)
def vip(replay):
    item = {"id": V, "name": "web", "status": "PENDING_CREATE"}
    replay.collection("/v2.0/lb/vips", "vips", [item])


def test_a_placement(pierhead, replay):
    replay.on("GET", "/v2.0/fleet/decisions", (200, {"decisions": [decision()]}))
    assert pierhead("explain", "web").out.splitlines() == [
        "web was placed on lb1, total 4.500 (1970-01-01 00:00:00Z): 3 devices considered;"
        " refused: not-online 1, limit-reached 1.",
        "",
        "DEVICE  VERDICT  TOTAL  WIRED  LEAST LOADED",
        "lb1     chosen   4.500  4 x 1  2 x 0.25",
        "lb2     fits     0.000  4 x 0  -",
        "lb3     refused  -      -      -",
        "Each score is weight x value; the total is their sum.",
        "",
        "Refused:",
        "DEVICE  REASON         WHY                          NUMBERS",
        "lb3     not-online     is OFFLINE: no route         status=OFFLINE",
        "lb3     limit-reached  vips: 1 wanted, 0 left of 9  wanted=1, limit=9",
    ]
    assert replay.seen[-1].query == {
        "service_id": [V],
        "sort_key": ["decided_at"],
        "sort_dir": ["desc"],
        "limit": ["1"],
    }


def test_no_device(pierhead, replay):
    none = decision(device_id=None, considered=0, refusals={}, verdicts=[])
    replay.on("GET", "/v2.0/fleet/decisions", (200, {"decisions": [none]}))
    told = "web was placed on no device (1970-01-01 00:00:00Z): 0 devices considered.\n"
    assert pierhead("explain", "web").out == told


def test_a_tenant_learns_the_outcome_only(pierhead, replay):
    told = {key: decision()[key] for key in ("id", "decided_at", "considered", "refusals")}
    replay.on("GET", "/v2.0/fleet/decisions", (200, {"decisions": [{**told, "placed": True}]}))
    ended = pierhead("explain", "web")
    assert ended.code == 0
    assert ended.out.startswith("web was placed (1970")
    assert ended.out.count("\n") == 1


def test_before_the_decision(pierhead, replay):
    replay.on("GET", "/v2.0/fleet/decisions", (200, {"decisions": []}))
    ended = pierhead("explain", "web")
    assert ended.code == 1
    assert ended.err == "pierhead: no device was chosen for vip web yet; it is PENDING_CREATE\n"


def test_json_is_the_decision(pierhead, replay):
    replay.on("GET", "/v2.0/fleet/decisions", (200, {"decisions": [decision()]}))
    assert pierhead("explain", "web", "--json").json == decision()
