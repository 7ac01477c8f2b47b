"""``pierhead explain`` says why there and why not elsewhere, with the numbers."""

import pytest

V = "44444444-0000-4000-8000-000000000004"
PATH = "/v2.0/fleet/decisions"
FIT = {
    "device_id": "d1",
    "device_name": "lb1",
    "fits": True,
    "total": 4.5,
    "reasons": [],
    "terms": [
        {"score": "wired", "value": 1.0, "weight": 4.0},
        {"score": "balance", "value": 0.25, "weight": 2.0},
    ],
}
SECOND = {
    "device_id": "d2",
    "device_name": "lb2",
    "fits": True,
    "total": 0.0,
    "reasons": [],
    "terms": [{"score": "wired", "value": 0.0, "weight": 4.0}],
}
FULL = {"code": "limit-reached", "text": "vips: 1 wanted, 0 left of 9", "numbers": {"limit": 9}}
GROUP = {
    "reasons": [{"code": "limit-reached", "about": "vips"}],
    "devices": 5,
    "examples": ["lb3", "lb4", "lb5"],
    "nearest": "lb4",
    "text": FULL["text"],
    "remedy": "raise vips to 10",
}
WHY_NOT = {
    "explained_at": 60,
    "fleet_revision": 8,
    "considered": 7,
    "fitting": 2,
    "refusals": {"limit-reached": 5},
    "best_device_id": "d2",
    "best_device_name": "lb2",
    "groups": [GROUP],
    "devices": [],
}
ALL = [
    {"device_name": "lb2", "fits": True, "total": 1.0, "reasons": [], "remedy": ""},
    {
        "device_name": "lb3",
        "fits": False,
        "total": None,
        "reasons": [FULL],
        "remedy": "raise vips to 10",
    },
]


def decision(**changes):
    return {
        "id": "x",
        "service_id": V,
        "decided_at": 0,
        "device_id": "d1",
        "placed": True,
        "considered": 3,
        "refusals": {"not-online": 1},
        "summary": "Placed: 3 devices considered",
        "advice": [],
        "verdicts": [FIT, SECOND],
        "why_not": WHY_NOT,
        **changes,
    }


@pytest.fixture(autouse=True)
def vip(replay):
    item = {"id": V, "name": "web", "status": "PENDING_CREATE"}
    replay.collection("/v2.0/lb/vips", "vips", [item])
    replay.on("GET", PATH, (200, {"decisions": [{"id": "x"}]}))


def serve(replay, **changes):
    replay.on("GET", f"{PATH}/x", (200, {"decision": decision(**changes)}))


def test_a_placement(pierhead, replay):
    serve(replay)
    assert pierhead("explain", "web").out.splitlines() == [
        "web was placed on lb1, total 4.500 (1970-01-01 00:00:00Z): 3 devices considered;"
        " refused: not-online 1.",
        "",
        "Why there, as it was decided (value x weight = points):",
        "DEVICE  VERDICT  TOTAL  WIRED      BALANCE",
        "lb1     chosen   4.500  1 x 4 = 4  0.25 x 2 = 0.5",
        "lb2     next     0.000  0 x 4 = 0  -",
        "",
        "Why not elsewhere, as the fleet is now (1970-01-01 00:01:00Z, revision 8): 7 devices,"
        " 2 of them fit.",
        "Placed anew, it would go to lb2.",
        "REASONS               DEVICES  SUCH AS             NEAREST  WHY                        "
        "  WHAT WOULD ADMIT IT",
        "limit-reached (vips)  5        lb3, lb4, lb5, ...  lb4      vips: 1 wanted, 0 left of 9"
        "  raise vips to 10",
    ]
    listed, shown = replay.seen[-2:]
    assert listed.query == {
        "service_id": [V],
        "sort_key": ["decided_at"],
        "sort_dir": ["desc"],
        "limit": ["1"],
        "fields": ["id"],
    }
    assert shown.query == {"why_not": ["summary"]}


def test_each_device_on_demand(pierhead, replay):
    serve(replay, why_not={**WHY_NOT, "devices": ALL})
    lines = pierhead("explain", "web", "--all").out.splitlines()
    assert lines[-3:] == [
        "DEVICE  VERDICT  TOTAL  WHY                          WHAT WOULD ADMIT IT",
        "lb2     fits     1.000  -                            -",
        "lb3     refused  -      vips: 1 wanted, 0 left of 9  raise vips to 10",
    ]
    assert replay.seen[-1].query == {"why_not": ["all"]}


def test_no_device(pierhead, replay):
    nothing = {**WHY_NOT, "considered": 0, "fitting": 0, "groups": [], "best_device_id": None}
    none = {"device_id": None, "placed": False, "considered": 0, "refusals": {}, "verdicts": []}
    serve(replay, **none, why_not=nothing)
    assert pierhead("explain", "web").out.splitlines() == [
        "web was placed on no device (1970-01-01 00:00:00Z): 0 devices considered.",
        "",
        "Why not elsewhere, as the fleet is now (1970-01-01 00:01:00Z, revision 8): 0 devices,"
        " 0 of them fit.",
    ]


def test_a_change_that_its_device_refuses(pierhead, replay):
    own = {**FIT, "fits": False, "total": None, "terms": [], "reasons": [FULL]}
    serve(replay, device_id=None, placed=False, considered=1, refusals={}, verdicts=[own])
    told = pierhead("explain", "web").out.splitlines()
    assert told[0] == (
        "web cannot change on lb1, vips: 1 wanted, 0 left of 9 (1970-01-01 00:00:00Z):"
        " 1 device considered."
    )
    assert told[2].startswith("Why not elsewhere")


def test_a_service_that_is_going(pierhead, replay):
    body = decision(note="The service is gone.")
    del body["why_not"]
    replay.on("GET", f"{PATH}/x", (200, {"decision": body}))
    assert pierhead("explain", "web").out.endswith("\nThe service is gone.\n")


def test_a_tenant_learns_the_outcome_in_words(pierhead, replay):
    told = {key: decision()[key] for key in ("id", "decided_at", "considered", "refusals")}
    said = {"summary": "No eligible device: 3 devices considered: 3 full", "advice": ["Wait."]}
    replay.on("GET", f"{PATH}/x", (200, {"decision": {**told, **said, "placed": False}}))
    assert pierhead("explain", "web").out.splitlines() == [
        "web (1970-01-01 00:00:00Z): No eligible device: 3 devices considered: 3 full.",
        "- Wait.",
    ]


def test_before_the_decision(pierhead, replay):
    replay.on("GET", PATH, (200, {"decisions": []}))
    ended = pierhead("explain", "web")
    assert ended.code == 1
    assert ended.err == "pierhead: no device was chosen for vip web yet; it is PENDING_CREATE\n"


def test_json_is_the_decision_with_every_device(pierhead, replay):
    serve(replay)
    assert pierhead("explain", "web", "--json").json == decision()
    assert replay.seen[-1].query == {"why_not": ["all"]}


def test_a_stored_decision_is_shown_without_a_look_at_the_fleet(pierhead, replay):
    items = [{"id": "abcd-1", "service_id": V}, {"id": "abce-2", "service_id": V}]
    replay.collection(PATH, "decisions", items)
    assert "abcd-1" in pierhead("decision", "show", "abcd-1").out
    assert "abce-2" in pierhead("decision", "show", "abce").out
    assert f"{PATH}/abcd-1" not in {request.path for request in replay.seen}
    assert pierhead("decision", "show", "abc").err.startswith("pierhead: several decisions have")
    assert pierhead("decision", "show", "nix").err.startswith("pierhead: there is no decision")
