"""Not one request fails in the networks while the configuration changes."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import pytest

from core.domain.loadbalancer.model import PersistenceType
from tests.adapters.devices.haproxy.support import Members, persistence
from tests.adapters.devices.haproxy.test_hitless import kept_alive, new_connections
from tests.lab.haproxy.support import CLIENT, MEMBER, Site

RELOADS = 45


@pytest.fixture
def members() -> Iterator[Members]:
    started = Members()
    yield started
    started.stop_all()


def reload(site: Site, **pool: object) -> None:
    """Bring a member in under a new id, which takes a reload."""
    worker = site.device.worker
    site.device.run(site.order(members=(site.spec(MEMBER),), **pool))
    assert site.device.worker != worker


def test_the_next_worker_answers_on_connections_of_the_one_before(site, members):
    """It sees the client's address, and the member sees it once."""
    where = (site.b.address(MEMBER + 1), 80)
    machine = site.b.machine(MEMBER + 1)
    member = machine.call(lambda: members.start("new", where))
    site.device.run(site.order(session_persistence=persistence(PersistenceType.SOURCE_IP)))
    address = site.balancer.address
    with closing(HTTPConnection(address, 80, timeout=10)) as connection:
        site.client.call(connection.connect)
        assert answer(connection) == f"{site.b.address(MEMBER)}:80"
        site.device.run(site.order(members=(site.spec(MEMBER + 1),)))
        assert answer(connection) == "new"
        assert member.headers[-1].get_all("X-Forwarded-For") == [site.a.address(CLIENT)]
    (table,) = {site.device.tell(f"show table {site.balancer.id}.{site.balancer.pool.id}")}
    assert site.a.address(CLIENT) in table


def test_what_is_passed_on_is_counted_once(site):
    site.device.run(site.order())
    with closing(HTTPConnection(site.balancer.address, 80, timeout=10)) as connection:
        site.client.call(connection.connect)
        answer(connection)
        reload(site)
        answer(connection)
    (seen,) = site.device.driver.observe(site.device.handle).services.values()
    assert seen["pools"][site.balancer.pool.id]["total_connections"] == 2


def test_no_request_fails_during_reloads(site):
    site.device.run(site.order())
    stop = threading.Event()
    answers: Counter[str] = Counter()
    failures: list[str] = []

    def client(act) -> threading.Thread:
        arguments = (site.balancer, stop, answers, failures)
        thread = threading.Thread(target=act, args=arguments, daemon=True)
        site.client.call(thread.start)
        return thread

    clients = [client(act) for act in (new_connections, new_connections, kept_alive)]
    for _ in range(RELOADS):
        reload(site)
    stop.set()
    for each in clients:
        each.join()
    assert failures == []
    assert set(answers) == {f"{site.b.address(MEMBER)}:80\n"}


def test_the_sockets_of_what_is_gone_are_removed(site):
    site.device.run(site.order())
    assert len(sockets(site)) == 1
    reload(site)
    assert len(sockets(site)) == 1
    site.device.run(site.balancer.removal())
    assert sockets(site) == []


def answer(connection: HTTPConnection) -> str:
    connection.request("GET", "/")
    response = connection.getresponse()
    body = response.read().decode().strip()
    return body if response.status == 200 else str(response.status)


def sockets(site: Site) -> list[str]:
    return [path.name for path in site.device.directory.glob("handover-*")]
