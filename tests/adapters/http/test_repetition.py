"""Requests that others were in the way of are done again; none waits for a store that is away."""

import pytest
from falcon import testing

from adapters.http import repetition
from adapters.http.app import build_app
from adapters.http.repetition import ATTEMPTS, Repetition
from core.ports.store import StoreConflict, StoreFailure


class Hurdles:
    """Has the next write units fail, each with one of these, when it commits."""

    def __init__(self, store) -> None:
        self._store = store
        self.failures: list[Exception] = []
        self.units = 0

    def read(self):
        return self._store.read()

    def write(self, *, fleet: bool = True):
        self.units += 1
        unit = self._store.write(fleet=fleet)
        if self.failures:
            failure = self.failures.pop(0)

            def commit() -> None:
                raise failure

            unit.commit = commit
        return unit


@pytest.fixture
def hurdles(site, monkeypatch) -> Hurdles:
    hurdles = Hurdles(site.store)
    for each in (site.services.vips, site.services.pools, site.services.networks):
        monkeypatch.setattr(each, "_store", hurdles)
    return hurdles


def network(site):
    return site.ask("POST", "/v2.0/networks", {"network": {"name": "n"}})


def test_a_post_that_met_another_is_done_again_with_the_same_body(site, hurdles):
    hurdles.failures = [StoreConflict("deadlock")] * 2
    result = network(site)
    assert (result.status_code, result.json["network"]["name"]) == (201, "n")
    assert hurdles.units == 3
    assert len(site.ask("GET", "/v2.0/networks").json["networks"]) == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_so_are_the_other_methods(site, hurdles, method):
    made = network(site).json["network"]
    hurdles.failures = [StoreConflict("deadlock")]
    body = {"network": {"name": "new"}} if method == "PUT" else None
    assert site.ask(method, f"/v2.0/networks/{made['id']}", body).status_code in (200, 204)
    assert hurdles.failures == []


def test_a_vip_that_met_another_has_one_address(site, monkeypatch):
    subnet = site.subnet()
    site.service_type()
    pool = site.pool(subnet["id"])
    hurdles = Hurdles(site.store)
    monkeypatch.setattr(site.services.vips, "_store", hurdles)
    object.__setattr__(site.services.vips._creation, "store", hurdles)
    hurdles.failures = [StoreConflict("deadlock")]
    vip = site.vip(subnet_id=subnet["id"], pool_id=pool["id"])
    assert hurdles.units == 2
    with site.store.read() as work:
        assert work.reservations.count({}) == work.services.count({}) == 1
        assert work.services.get(vip["id"]) is not None


def test_who_always_meets_others_is_told_to_come_again(site, hurdles):
    hurdles.failures = [StoreConflict("deadlock")] * (ATTEMPTS + 1)
    result = network(site)
    assert (result.status_code, result.json["NeutronError"]["type"]) == (503, "StoreFailure")
    assert result.headers["Retry-After"]
    assert hurdles.units == ATTEMPTS


def test_what_may_have_been_done_is_not_done_again(site, hurdles):
    hurdles.failures = [StoreFailure("connection lost")]
    assert network(site).status_code == 503
    assert hurdles.units == 1


class Time:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Resource:
    """Answers, or fails with whatever comes next."""

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.calls = 0

    def on_get(self, request, response) -> None:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        response.media = {}


@pytest.fixture
def resource() -> Resource:
    return Resource()


def client(site, resource, time: Time) -> testing.TestClient:
    app = build_app(site.services, site.validator)
    repeated = Repetition(clock=time.clock, sleep=time.sleep).repeating(resource)
    app.add_route("/tried", repeated)
    return testing.TestClient(app)


def test_nothing_is_begun_again_after_five_seconds(site, resource, monkeypatch):
    time = Time()
    monkeypatch.setattr(repetition, "_FIRST_PAUSE", 2.0)
    monkeypatch.setattr(repetition.random, "uniform", lambda _, high: high)
    resource.failures = [StoreConflict("deadlock")] * 10
    assert client(site, resource, time).simulate_get("/tried").status_code == 503
    assert (resource.calls, time.slept) == (2, [2.0])


def test_while_the_store_is_away_one_request_a_second_tries(site, resource):
    time = Time()
    asking = client(site, resource, time)
    resource.failures = [StoreFailure("away")] * 5
    for _ in range(20):
        assert asking.simulate_get("/tried").status_code == 503
    assert resource.calls == 3
    time.now += 1.0
    for _ in range(3):
        result = asking.simulate_get("/tried")
        assert (result.status_code, result.headers["Retry-After"]) == (503, "5")
    assert resource.calls == 4
    resource.failures = []
    time.now += 1.0
    assert [asking.simulate_get("/tried").status_code for _ in range(3)] == [200] * 3


def test_failures_between_successes_refuse_nobody(site, resource):
    asking = client(site, resource, Time())
    for _ in range(5):
        resource.failures = [StoreFailure("away")]
        assert asking.simulate_get("/tried").status_code == 503
        assert asking.simulate_get("/tried").status_code == 200
