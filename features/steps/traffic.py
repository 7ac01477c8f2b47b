"""Steps that send requests to VIPs and count who answers."""

from collections import Counter
from http.client import HTTPException

from behave import given, then, when
from behave.runner import Context

from features.deployments import PortClosed
from features.support.api import PROVIDER
from features.support.polling import eventually
from features.support.world import World

NOBODY = "nobody"
_SAMPLE = 12
"""Enough requests for every member to have its turn."""


@given('{count:d} requests have been sent to VIP "{vip:Word}"')
@when('{count:d} requests are sent to VIP "{vip:Word}"')
def send_requests(context: Context, count: int, vip: str) -> None:
    context.counts = _count(context.world, vip, count)


@then("they are answered by")
def answered_by(context: Context) -> None:
    rows = [context.table.headings, *(row.cells for row in context.table)]
    wanted = {member: int(times) for member, times in rows}
    assert set(context.counts) == set(wanted), context.counts
    for member, times in wanted.items():
        assert abs(context.counts[member] - times) <= 2, context.counts


@then("all of them are answered")
def all_answered(context: Context) -> None:
    assert NOBODY not in context.counts, context.counts


@then('requests to VIP "{vip:Word}" are answered by {members:Names} alone')
def answered_by_alone(context: Context, vip: str, members: list[str]) -> None:
    def check() -> None:
        seen = set(_count(context.world, vip, _SAMPLE))
        assert seen == set(members), seen

    eventually(check)


@then('requests to VIP "{vip:Word}" find nobody to answer them')
def answered_by_nobody(context: Context, vip: str) -> None:
    def check() -> None:
        seen = set(_count(context.world, vip, _SAMPLE))
        assert seen == {NOBODY}, seen

    eventually(check)


@then('the port of VIP "{vip:Word}" is closed')
def port_closed(context: Context, vip: str) -> None:
    endpoint = context.world.vip(vip)
    _assert_closed(context, endpoint)


@then("the port that it had is closed")
def former_port_closed(context: Context) -> None:
    _assert_closed(context, context.former)


@when('the address and port of VIP "{vip:Word}" are noted')
def note_endpoint(context: Context, vip: str) -> None:
    context.former = context.world.vip(vip)


@when('the server of member "{member:Word}" dies')
def server_dies(context: Context, member: str) -> None:
    context.deployment.set_member_alive(context.world.endpoint(member), alive=False)


@when('the server of member "{member:Word}" comes back')
def server_comes_back(context: Context, member: str) -> None:
    context.deployment.set_member_alive(context.world.endpoint(member), alive=True)


@then('pool "{name:Word}" counts {count:d} connections and the bytes of their traffic')
def statistics(context: Context, name: str, count: int) -> None:
    def check() -> None:
        response = context.api.send(PROVIDER, "GET", f"{context.world.path('pool', name)}/stats")
        assert response.status_code == 200, response.text
        stats = response.json()["stats"]
        assert stats["total_connections"] == count, stats
        assert stats["active_connections"] == 0, stats
        assert (stats["bytes_in"] > 0) == (count > 0), stats
        assert (stats["bytes_out"] > 0) == (count > 0), stats

    eventually(check)


def _count(world: World, vip: str, count: int) -> Counter[str]:
    endpoint = world.vip(vip)
    answers = (world.deployment.request(endpoint) for _ in range(count))
    try:
        return Counter(world.member_at(a.member) if a.member else NOBODY for a in answers)
    except PortClosed as closed:
        raise AssertionError(f"the port is closed: {closed}") from closed
    except (OSError, HTTPException) as failure:
        raise AssertionError(f"a request failed: {failure!r}") from failure


def _assert_closed(context: Context, endpoint: object) -> None:
    def check() -> None:
        try:
            context.deployment.request(endpoint)
        except PortClosed:
            return
        raise AssertionError(f"somebody listens at {endpoint}")

    eventually(check)
