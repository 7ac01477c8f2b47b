"""``pierhead what-if`` and ``pierhead capacity``."""

import pytest

PATH = "/v2.0/fleet/what-if"
G = "11111111-0000-4000-8000-000000000001"
N = "22222222-0000-4000-8000-000000000002"
S = "33333333-0000-4000-8000-000000000003"
D = "55555555-0000-4000-8000-000000000005"
REFUSAL = {
    "considered": 4,
    "refusals": {"not-online": 1, "limit-reached": 3},
    "short": {"vips": 3, "vlans:eth1": 1},
    "runs_out": "vips",
    "remedy": "raise vips to 11",
    "remedy_device": "lb1",
    "remedy_devices": 2,
    "groups": [],
}
ANSWER = {
    "seen_at": 0,
    "fleet_revision": 3,
    "asked": 100,
    "placed": 21,
    "ended": "nothing-fits",
    "wirings": 1,
    "devices": [{"device_id": D, "device_name": "lb1", "placed": 21, "wirings": 1}],
    "first_refusal": REFUSAL,
}


@pytest.fixture(autouse=True)
def fleet(replay):
    for path, many, identity, name in (
        ("fleet/service-types", "service_types", G, "gold"),
        ("networks", "networks", N, "front"),
        ("subnets", "subnets", S, "back"),
        ("fleet/devices", "devices", D, "lb1"),
    ):
        replay.collection(f"/v2.0/{path}", many, [{"id": identity, "name": name}])
    replay.on("POST", PATH, (200, {"what_if": ANSWER}))


def ask(pierhead, *options):
    return pierhead("what-if", "--service-type", "gold", *options)


def test_the_question_is_sent_with_ids(pierhead, replay):
    ended = ask(
        pierhead,
        *("--network", "front", "--network", "back", "--network", "later=10.0.0.0/24"),
        *("--own-networks", "2", "--count", "100", "--tenant", "red"),
        *("--demand", "throughput=5", "--feature", "persistence=source_ip"),
        *("--drain", "lb1", "--without", D[:8], "--limit", "lb1:vips=7,vlans:eth1=unlimited"),
        *("--add", "3xhaproxy:vips=50,zone=east,pool=p1,tenant=red", "--add", "f5"),
    )
    assert ended.code == 0
    [sent] = replay.sent("POST")
    assert sent.body["what_if"] == {
        "service_type": G,
        "count": 100,
        "tenant_id": "red",
        "networks": [N, S, {"name": "later", "cidr": "10.0.0.0/24"}],
        "own_networks": 2,
        "demand": {"throughput": 5},
        "features": {"persistences": ["SOURCE_IP"]},
        "drain": [D],
        "without": [D],
        "limits": {D: {"vips": 7, "vlans:eth1": None}},
        "add": [
            {
                "driver": "haproxy",
                "count": 3,
                "limits": {"vips": 50},
                "zone": "east",
                "device_pool": "p1",
                "project_id": "red",
            },
            {"driver": "f5", "count": 1, "limits": {}},
        ],
    }


def test_people_read_what_fits_and_what_runs_out(pierhead):
    assert ask(pierhead, "--count", "100").out.splitlines() == [
        "21 of 100 VIPs fit on 1 device, attaching 1 network; then nothing fits any more.",
        "",
        "DEVICE  VIPS  NEW NETWORKS",
        "lb1     21    1",
        "",
        "First runs out: vips (short then: vips on 3, vlans:eth1 on 1).",
        "Then refused, of 4 devices: not-online 1, limit-reached 3.",
        "The change that helps most: raise vips to 11 (lb1; 1 device more need the like).",
        "",
    ]


def test_the_many_devices_are_cut_unless_all_are_wanted(pierhead, replay):
    many = [{"device_id": D, "device_name": f"lb{n}", "placed": 1, "wirings": 0} for n in range(25)]
    fits = {**ANSWER, "devices": many, "ended": "all-placed", "first_refusal": None}
    replay.on("POST", PATH, (200, {"what_if": fits}))
    cut = ask(pierhead).out
    assert "there is room for all" in cut
    assert "lb19 " in cut
    assert "lb20 " not in cut
    assert cut.endswith("... and 5 devices more (--all)\n")
    assert "lb24 " in ask(pierhead, "--all").out


def test_json_is_the_answer(pierhead):
    assert ask(pierhead, "--json").json == ANSWER


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (["--network", "nowhere"], 1, "there is no network or subnet nowhere"),
        (["--drain", "nowhere"], 1, "there is no device with name or id nowhere"),
        (["--add", ":vips=1"], 2, "--add wants"),
        (["--add", "f5:vips=many"], 2, "wants a whole number"),
        (["--limit", "lb1"], 2, "--limit wants DEVICE:KEY=N"),
        (["--feature", "colour=red"], 2, "there are protocol, method, monitor, persistence"),
    ],
)
def test_what_cannot_be_meant_is_named(pierhead, replay, options, code, text):
    ended = ask(pierhead, *options)
    assert (ended.code, text in ended.err) == (code, True), ended.err
    assert not replay.sent("POST")


def test_a_refusal_names_the_option(pierhead, replay):
    refusal = {
        "type": "InvalidInput",
        "message": "Invalid input for add.0.driver: no",
        "detail": "",
    }
    replay.on("POST", PATH, (400, {"NeutronError": refusal}))
    assert "(option --add)" in ask(pierhead).err


def room(**changes):
    found = {"limit": 20, "unlimited": 0, "claimed": 10, "used": 5, "left": 10, "over": 0}
    return {**found, **changes}


def group(name, **changes):
    aside = {"devices": 0, "reasons": {}, "claimed": {}}
    found = {"name": name, "device_id": None, "devices": 2, "eligible": 2, "set_aside": aside}
    return {**found, "resources": {"vips": room()}, **changes}


CAPACITY = {
    "seen_at": 0,
    "fleet_revision": 3,
    "by": "driver",
    "total": group(None, devices=5, eligible=3),
    "groups": [
        group(
            "f5",
            resources={
                "throughput": room(limit=0, unlimited=2, left=0, claimed=5),
                "vips": room(claimed=22, over=2, left=0, used=20),
            },
        ),
        group(
            "haproxy",
            devices=3,
            eligible=1,
            resources={
                "connections": room(limit=0, unlimited=1, claimed=0, used=0, left=0),
                "vips": room(),
            },
            set_aside={"devices": 2, "reasons": {"not-online": 2}, "claimed": {"vips": 7}},
        ),
    ],
    "service_types": [
        {
            "id": G,
            "name": "gold",
            "devices": 3,
            "wired": {"vips": None, "runs_out": None, "short": {}},
            "own_network": {"vips": 12, "runs_out": "vlans:eth1", "short": {"vlans:eth1": 3}},
        }
    ],
}


def test_capacity_is_shown_with_bars(pierhead, replay):
    replay.on("GET", "/v2.0/fleet/capacity", (200, {"capacity": CAPACITY}))
    assert pierhead("capacity", "--by", "driver").out.splitlines() == [
        "5 devices, 3 open for new VIPs (1970-01-01 00:00:00Z, revision 3)",
        "",
        "DRIVER   OPEN    RESOURCE    CLAIMED  USED  LIMIT      LEFT       OVER",
        "f5       2 of 2  throughput  5        5     unlimited  unlimited  -",
        "                 vips        22       20    20         0          2     "
        "####################!",
        "haproxy  1 of 3  vips        10       5     20         10         -     "
        "#####+++++..........",
        "in all   3 of 5  vips        10       5     20         10         -     "
        "#####+++++..........",
        "# used, + claimed and on its way, . left; ! claimed beyond the limit",
        "",
        "Not counted above, because they take nothing new:",
        "DRIVER   DEVICES  WHY           CLAIMED THERE",
        "haproxy  2        not-online=2  vips=7",
        "",
        "How many more VIPs fit, if all were of one service type:",
        "SERVICE TYPE  DEVICES  ON WIRED NETWORKS  FIRST SHORT OF  EACH ON ITS OWN NETWORK"
        "  FIRST SHORT OF",
        "gold          3        any number         -               12                     "
        "  vlans:eth1",
    ]
    assert replay.seen[-1].query == {"by": ["driver"]}


def test_capacity_for_programs(pierhead, replay):
    replay.on("GET", "/v2.0/fleet/capacity", (200, {"capacity": CAPACITY}))
    assert pierhead("capacity", "--json").json == CAPACITY
