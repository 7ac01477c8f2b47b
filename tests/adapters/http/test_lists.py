"""Filters, fields, sorting and pages."""

from urllib.parse import urlsplit

import pytest


@pytest.fixture
def members(site):
    """Five members with weights 0 to 4, in two pools."""
    subnet = site.subnet()
    pools = [site.pool(subnet["id"])["id"] for _ in range(2)]
    return [
        site.make(
            "lb/members",
            pool_id=pools[n % 2],
            address=f"127.20.0.{20 + n}",
            protocol_port=80 + n,
            weight=n,
            admin_state_up=n != 3,
        )
        for n in range(5)
    ]


def weights(result):
    assert result.status_code == 200, result.text
    return [member["weight"] for member in result.json["members"]]


def get(site, query: str = ""):
    return site.ask("GET", "/v2.0/lb/members", query_string=query)


def test_filters_take_any_of_several_values_and_all_of_several_attributes(site, members):
    pool = members[0]["pool_id"]
    assert sorted(weights(get(site, "weight=1&weight=4&weight=9"))) == [1, 4]
    assert sorted(weights(get(site, f"pool_id={pool}"))) == [0, 2, 4]
    assert weights(get(site, f"pool_id={pool}&weight=1&weight=2")) == [2]
    assert weights(get(site, "admin_state_up=False")) == [3]
    assert sorted(weights(get(site, "status=ACTIVE&admin_state_up=true"))) == [0, 1, 2, 4]


def test_an_empty_value_means_null(site):
    site.make("fleet/devices", name="a", driver="acme", zone="north")
    site.make("fleet/devices", name="b", driver="acme")
    found = site.ask("GET", "/v2.0/fleet/devices", query_string="zone=").json["devices"]
    assert [device["name"] for device in found] == ["b"]


def test_fields(site, members):
    first = get(site, "fields=id&fields=weight&sort_key=weight&limit=1").json["members"][0]
    assert first == {"id": members[0]["id"], "weight": 0}
    path = f"/v2.0/lb/members/{members[1]['id']}"
    shown = site.ask("GET", path, query_string="fields=address").json
    assert shown == {"member": {"address": "127.20.0.21"}}


def test_sorting(site, members):
    assert weights(get(site, "sort_key=weight&sort_dir=desc")) == [4, 3, 2, 1, 0]
    query = "sort_key=admin_state_up&sort_dir=asc&sort_key=weight&sort_dir=desc"
    assert weights(get(site, query)) == [3, 4, 2, 1, 0]


def follow(site, query: str, rel: str):
    """The pages from a query on, by their links."""
    pages = []
    while query is not None:
        result = get(site, query)
        pages.append(weights(result))
        links = {link["rel"]: link["href"] for link in result.json["members_links"]}
        query = urlsplit(links[rel]).query if rel in links else None
    return pages


def test_links_lead_through_all_pages_and_back(site, members):
    query = "sort_key=weight&limit=2"
    assert follow(site, query, "next") == [[0, 1], [2, 3], [4]]
    assert follow(site, f"{query}&page_reverse=True", "previous") == [[3, 4], [1, 2], [0]]
    last = f"{query}&marker={members[4]['id']}&page_reverse=1"
    assert follow(site, last, "previous") == [[2, 3], [0, 1]]


def test_the_first_and_the_last_page_link_only_inward(site, members):
    def rels(query: str) -> set[str]:
        links = get(site, f"sort_key=weight&limit=2&{query}").json["members_links"]
        return {link["rel"] for link in links}

    assert rels("") == {"next"}
    assert rels(f"marker={members[0]['id']}") == {"next", "previous"}
    assert rels(f"marker={members[2]['id']}") == {"previous"}
    assert rels("page_reverse=true") == {"previous"}
    assert rels(f"page_reverse=true&marker={members[2]['id']}") == {"next"}
    assert rels(f"marker={members[4]['id']}") == set()


def test_links_keep_the_rest_of_the_query_and_point_here(site, members):
    result = get(site, "limit=1&admin_state_up=true&fields=weight&sort_key=weight")
    href = result.json["members_links"][0]["href"]
    assert href.startswith("http://falconframework.org/v2.0/lb/members?")
    assert get(site, urlsplit(href).query).json["members"] == [{"weight": 1}]


def test_there_are_links_only_with_a_limit(site, members):
    assert "members_links" not in get(site).json
    everything = get(site, "limit=0")
    assert "members_links" not in everything.json
    assert len(everything.json["members"]) == 5


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("colour=red", "colour"),
        ("fields=colour", "colour"),
        ("sort_key=colour", "colour"),
        ("sort_key=weight&sort_dir=up", "sort_dir"),
        ("sort_dir=asc", "sort_dir"),
        ("sort_key=weight&sort_dir=asc&sort_dir=asc", "sort_dir"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("page_reverse=perhaps", "page_reverse"),
        ("marker=00000000-0000-0000-0000-0000000000ff", "marker"),
        ("weight=heavy", "weight"),
        ("weight=9999999999", "weight"),
        ("admin_state_up=2", "admin_state_up"),
        ("status=BROKEN", "status"),
        ("name=%00", "NUL"),
        ("name=%ff", "UTF-8"),
        ("&".join(["weight=1"] * 1001), "too many"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(site, members, query, named):
    result = get(site, query)
    assert result.status_code == 400, result.text
    assert named in result.json["NeutronError"]["message"]


@pytest.mark.parametrize("plural", ["devices", "drivers", "service-types", "decisions", "agents"])
def test_an_unknown_marker_is_refused_in_the_fleet_too(site, plural):
    result = site.ask("GET", f"/v2.0/fleet/{plural}", query_string="marker=nothing")
    assert result.status_code == 400
    assert "marker" in result.json["NeutronError"]["message"]


def test_lists_of_lists_cannot_be_selected(site):
    result = site.ask("GET", "/v2.0/lb/pools", query_string="members=x")
    assert result.status_code == 400
    assert "members" in result.json["NeutronError"]["message"]


def test_an_unknown_parameter_of_one_object_is_refused(site, members):
    path = f"/v2.0/lb/members/{members[0]['id']}"
    assert site.ask("GET", path, query_string="weight=0").status_code == 400
