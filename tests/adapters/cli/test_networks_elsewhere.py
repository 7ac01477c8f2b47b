"""Where networks and subnets are Neutron's, ids of them are believed and nothing else is."""

import dataclasses
from collections.abc import Iterator

import pytest

from adapters.http.app import build_app
from tests.adapters.http.site import Site
from tests.serving import served

SUBNET = "22222222-0000-4000-8000-000000000002"


@pytest.fixture
def url() -> Iterator[str]:
    site = Site()
    services = dataclasses.replace(site.services, networks=None, subnets=None)
    with served(build_app(services, site.validator)) as address:
        yield address


@pytest.mark.parametrize(
    "line",
    [
        "network list",
        "network show web",
        "network add --name web",
        "subnet list",
        "subnet remove web",
        "subnet add --network web --cidr 10.0.0.0/24",
        "pool add --name p --subnet web --protocol TCP",
    ],
)
def test_the_user_is_told_where_they_are(pierhead, url, line):
    ended = pierhead(*line.split(), url=url)
    assert ended.code == 1
    word = "subnet" if "subnet " in line and "--network" not in line else "network"
    word = "subnet" if "--subnet" in line else word
    assert ended.err == (
        f"pierhead: this server has no {word}s of its own: ask Neutron for them"
        f" (`openstack {word} list`), and name one by its id\n"
    )


def test_an_id_goes_to_the_server_as_it_is(pierhead, replay):
    lost = {"NeutronError": {"type": "HTTPNotFound", "message": "Not Found", "detail": ""}}
    replay.on("GET", "/v2.0/subnets", (404, lost))
    replay.on("GET", f"/v2.0/subnets/{SUBNET}", (404, lost))
    replay.on("POST", "/v2.0/lb/pools", (201, {"pool": {"id": "new"}}))
    line = f"pool add --name p --subnet {SUBNET} --protocol TCP --json"
    assert pierhead(*line.split()).code == 0
    (sent,) = replay.sent("POST")
    assert sent.body["pool"]["subnet_id"] == SUBNET


def test_lists_show_ids_where_no_names_are_known(pierhead, url):
    ended = pierhead("pool", "list", url=url)
    assert (ended.code, ended.err) == (0, "")
