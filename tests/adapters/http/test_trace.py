"""A request's place in a trace: taken from it or made, told back, and kept with what it changed."""

import re

import pytest
from structlog.testing import capture_logs

from adapters.http.trace import trace_of

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
NEW = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01")


def test_a_valid_one_is_kept():
    assert trace_of(GIVEN) == GIVEN
    assert trace_of(GIVEN.replace("-01", "-00")) == GIVEN.replace("-01", "-00")


def test_of_a_later_version_only_what_is_known_is_kept():
    later = "cc" + GIVEN[2:]
    assert trace_of(later) == trace_of(f"{later}-what-comes") == later


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        GIVEN.upper(),
        f"{GIVEN}-more",
        f" {GIVEN}",
        f"{GIVEN}\n",
        "ff" + GIVEN[2:],
        GIVEN.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32),
        GIVEN.replace("00f067aa0ba902b7", "0" * 16),
        GIVEN[:-1],
        "cc" + GIVEN[2:] + "more",
    ],
)
def test_any_other_is_replaced_by_a_new_one(header):
    made = trace_of(header)
    assert NEW.fullmatch(made)
    assert made != trace_of(header)


def test_it_is_told_back_with_every_answer(site):
    assert site.ask("GET", "/v2.0/networks", headers={"traceparent": GIVEN}).headers[
        "traceparent"
    ] == (GIVEN)
    for path in ("/v2.0/networks", "/nowhere", "/v2.0/networks/none"):
        assert NEW.fullmatch(site.ask("GET", path).headers["traceparent"])


def trace(letter: str) -> dict[str, str]:
    return {"traceparent": f"00-{letter * 32}-{letter * 16}-01"}


def test_what_a_request_changes_remembers_it(site):
    subnet = site.subnet()
    site.service_type()
    pool = site.pool(subnet["id"])
    body = {"subnet_id": subnet["id"], "protocol": "HTTP", "protocol_port": 80}
    body["pool_id"] = pool["id"]
    site.clock.set(50.0)
    vip = site.ask("POST", "/v2.0/lb/vips", {"vip": body}, headers=trace("a")).json["vip"]

    def kept() -> tuple[str | None, float | None]:
        with site.store.read() as work:
            service = work.services.get(vip["id"])
        return service.traceparent, service.changed_at

    assert kept() == (trace("a")["traceparent"], 50.0)
    site.clock.set(60.0)
    path = f"/v2.0/lb/vips/{vip['id']}"
    site.ask("PUT", path, {"vip": {"connection_limit": 7}}, headers=trace("b"))
    assert kept() == (trace("b")["traceparent"], 60.0)
    member = {"pool_id": pool["id"], "address": "127.30.0.1", "protocol_port": 80}
    site.ask("POST", "/v2.0/lb/members", {"member": member}, headers=trace("c"))
    assert kept()[0] == trace("c")["traceparent"]
    site.ask("DELETE", path, headers=trace("d"))
    assert kept()[0] == trace("d")["traceparent"]


def test_it_is_in_the_log(site):
    site.letters.away = True
    with capture_logs(processors=[_contextvars()]) as logs:
        site.ask("GET", "/v2.0/fleet/dead-letters", headers={"traceparent": GIVEN})
    assert [line["traceparent"] for line in logs] == [GIVEN]


def _contextvars():
    import structlog

    return structlog.contextvars.merge_contextvars
