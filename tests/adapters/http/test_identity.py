"""Who asks: by headers, or as a server says that has us inside."""

from adapters.http.identity import CALLER
from core.usecases.caller import Caller
from tests.adapters.http.site import Site


def test_a_server_around_us_names_the_caller_and_headers_do_not_count():
    site = Site()
    headers = {"X-Project-Id": "forged", "X-Roles": "admin"}
    asked = {"headers": headers, "extras": {CALLER: Caller("real", is_admin=False)}}
    refused = site.client.simulate_get("/v2.0/fleet/agents", **asked)
    assert refused.status_code == 403
    made = site.client.simulate_post(
        "/v2.0/fleet/devices", json={"device": {"name": "d", "driver": "acme"}}, **asked
    )
    assert made.json["device"]["project_id"] == "real", made.text


def test_a_header_is_no_server():
    site = Site()
    headers = {"X-Project-Id": "p", "X-Roles": "member", CALLER: "admin"}
    assert site.client.simulate_get("/v2.0/fleet/agents", headers=headers).status_code == 403
