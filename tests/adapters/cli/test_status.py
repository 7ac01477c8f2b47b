"""``pierhead status`` shows the whole at a glance."""

import pytest

DEVICES = [
    {
        "id": "d1",
        "name": "lb1",
        "driver": "haproxy",
        "status": "ONLINE",
        "status_reason": "",
        "admin_state": "enabled",
        "usage": {"resources": {"vips": {"used": 2, "limit": None}}},
    },
    {
        "id": "d2",
        "name": "lb2",
        "driver": "haproxy",
        "status": "OFFLINE",
        "status_reason": "no route",
        "admin_state": "draining",
        "usage": {"resources": {"vips": {"used": 0, "limit": 9}}},
    },
]
VIPS = [
    {"id": "v1", "name": "a", "status": "ACTIVE", "status_description": ""},
    {"id": "v2", "name": "b", "status": "ACTIVE", "status_description": ""},
    {"id": "v3", "name": "c", "status": "ERROR", "status_description": "No eligible device"},
]
MEMBERS = [
    {
        "id": "m1",
        "address": "127.0.0.9",
        "protocol_port": 80,
        "status": "INACTIVE",
        "status_description": "connection refused",
    },
    {"id": "m2", "address": "127.0.0.8", "protocol_port": 80, "status": "ACTIVE"},
]
AGENTS = [{"id": "a1", "alive": True, "backlog": 1}, {"id": "a2", "alive": False, "backlog": 0}]


@pytest.fixture(autouse=True)
def objects(replay):
    replay.collection("/v2.0/fleet/devices", "devices", DEVICES)
    replay.collection("/v2.0/lb/vips", "vips", VIPS)
    replay.collection("/v2.0/lb/members", "members", MEMBERS)
    replay.collection("/v2.0/fleet/agents", "agents", AGENTS)


def test_for_people(pierhead):
    assert pierhead("status").out.splitlines() == [
        "2 devices",
        "NAME  DRIVER   STATUS   ADMIN     VIPS",
        "lb1   haproxy  ONLINE   enabled   2/unlimited",
        "lb2   haproxy  OFFLINE  draining  0/9",
        "",
        "3 VIPs: 2 ACTIVE, 1 ERROR",
        "2 agents, 1 alive, 1 command waiting",
        "",
        "What is wrong:",
        "KIND    NAME          STATUS    REASON",
        "device  lb2           OFFLINE   no route",
        "vip     c             ERROR     No eligible device",
        "member  127.0.0.9:80  INACTIVE  connection refused",
    ]


def test_for_programs(pierhead):
    told = pierhead("status", "--json").json
    assert told["vips"] == {"ACTIVE": 2, "ERROR": 1}
    assert [problem["id"] for problem in told["problems"]] == ["d2", "v3", "m1"]
    assert told["devices"] == DEVICES


def test_a_tenant_does_not_see_agents(pierhead, replay):
    replay.on("GET", "/v2.0/fleet/agents", (403, {}))
    ended = pierhead("status")
    assert ended.code == 0
    assert "agent" not in ended.out
