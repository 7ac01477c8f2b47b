"""Steps about clients that come back, and about clients that stay."""

import socket
import threading
from collections.abc import Iterable

from behave import given, then, when
from behave.runner import Context

from features.deployments import Endpoint
from features.support.world import World

_VISITS = 8


@then('each client that keeps its cookies comes back to its member of VIP "{vip:Word}"')
def cookies_stick(context: Context, vip: str) -> None:
    _assert_spread(Client(context.world, vip) for _ in range(4))


@then('each client address comes back to its member of VIP "{vip:Word}"')
def addresses_stick(context: Context, vip: str) -> None:
    _assert_spread(Client(context.world, vip, source) for source in _sources(context, vip, 20))


@given('{count:d} clients know their members of VIP "{vip:Word}"')
def known_clients(context: Context, count: int, vip: str) -> None:
    clients = [Client(context.world, vip, source) for source in _sources(context, vip, count)]
    context.homes = {client: client.home() for client in clients}


@then("each of them comes back to its member")
def they_come_back(context: Context) -> None:
    moves = [(home, client.home()) for client, home in context.homes.items()]
    assert all(before == after for before, after in moves), moves


@then("each of them is answered by {members:Names} alone")
def they_are_answered_by(context: Context, members: list[str]) -> None:
    homes = {client.home() for client in context.homes}
    assert homes == set(members), homes


@when('a client holds {count:d} connections to VIP "{vip:Word}"')
def hold_connections(context: Context, count: int, vip: str) -> None:
    endpoint = context.world.vip(vip)
    context.held = [_hold(context, endpoint) for _ in range(count)]


@then('the next client of VIP "{vip:Word}" has to wait until one of them is closed')
def next_client_waits(context: Context, vip: str) -> None:
    answered = threading.Event()
    endpoint = context.world.vip(vip)

    def ask() -> None:
        if context.deployment.request(endpoint).member is not None:
            answered.set()

    waiting = threading.Thread(target=ask, daemon=True)
    waiting.start()
    try:
        assert not answered.wait(0.5), "it was served beyond the limit"
    finally:
        for connection in context.held:
            connection.close()
    assert answered.wait(5), "it was not served after the others had left"
    waiting.join()


class Client:
    """A client of a VIP with an address of its own, which keeps the cookies that it gets."""

    def __init__(self, world: World, vip: str, source: str | None = None) -> None:
        self._world = world
        self._endpoint = world.vip(vip)
        self._source = source
        self._cookies: dict[str, str] = {}

    def home(self) -> str:
        """The one member that answers all of several visits."""
        homes = {self._visit() for _ in range(_VISITS)}
        assert len(homes) == 1, f"a client was sent to {homes}, its cookies are {self._cookies}"
        return homes.pop()

    def _visit(self) -> str:
        answer = self._world.deployment.request(
            self._endpoint, source=self._source, cookies=self._cookies
        )
        assert answer.member is not None, "nobody answered"
        self._cookies |= answer.cookies
        return self._world.member_at(answer.member)


def _sources(context: Context, vip: str, count: int) -> list[str]:
    sources: list[str] = context.deployment.sources(context.world.vip(vip), count)
    return sources


def _assert_spread(clients: Iterable[Client]) -> None:
    """Each client has one member, and not all of them the same."""
    homes = {client.home() for client in clients}
    assert len(homes) > 1, f"every client was sent to {homes}"


def _hold(context: Context, vip: Endpoint) -> socket.socket:
    """A connection on which a request was begun and answered by a member, and that stays."""
    connection: socket.socket = context.deployment.connect(vip)
    connection.sendall(b"GET / HTTP/1.1\r\nHost: member\r\n\r\n")
    answer = connection.recv(4096)
    assert b" 200 " in answer.partition(b"\r\n")[0], f"the held connection got {answer!r}"
    return connection
