"""Neutron over HTTP: what is sent, and every way in which the other side can fail."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.network.neutron import CallFailure, Kind
from adapters.network.neutron.rest import AccessUnusable, NeutronAccess, RestCalls


class Service:
    """An HTTP service that answers what it was told to, and notes what it was asked.

    It is Keystone, too: a token for whoever asks, with itself as the network service.
    """

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], tuple[int, bytes]] = {}
        self.asked: list[tuple[str, str, dict, dict]] = []
        """Method, path, query or body, headers."""
        self.connections: set[tuple[str, int]] = set()
        """The addresses of those who asked."""
        self.hangs = threading.Event()
        self.hangs.set()
        self.token_status = 201
        self.roles = ["admin", "member"]
        self._server = ThreadingHTTPServer(("127.86.4.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,)).start()

    @property
    def url(self) -> str:
        return f"http://127.86.4.1:{self._server.server_port}"

    def say(self, method: str, path: str, answer: object, status: int = 200) -> None:
        said = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.answers[method, path] = (status, said)

    def close(self) -> None:
        self.hangs.set()
        self._server.shutdown()
        self._server.server_close()

    def _token(self) -> bytes:
        endpoint = {"interface": "public", "region": "r1", "region_id": "r1", "url": self.url}
        catalogue = [{"type": "network", "name": "neutron", "endpoints": [endpoint]}]
        token = {
            "project": {"id": "service-project", "name": "s", "domain": {"id": "d", "name": "d"}},
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "methods": ["password"],
            "user": {"id": "u", "name": "u", "domain": {"id": "d", "name": "d"}},
            "catalog": catalogue,
            "roles": [{"id": name, "name": name} for name in self.roles],
        }
        return json.dumps({"token": token}).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                sent = json.loads(self.rfile.read(length)) if length else parse_qs(parts.query)
                service.connections.add(self.client_address)
                service.asked.append((self.command, parts.path, sent, dict(self.headers)))
                service.hangs.wait(30)
                status, said = service.answers.get((self.command, parts.path), (404, b"nothing"))
                if parts.path == "/v3/auth/tokens":
                    status, said = service.token_status, service._token()
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.send_header("X-Subject-Token", "secret-token")
                self.end_headers()
                self.wfile.write(said)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815  # as the library wants

            def log_message(self, *args: object) -> None:
                pass

        return Handler


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


@pytest.fixture
def calls(service) -> RestCalls:
    return RestCalls(
        NeutronAccess(endpoint=service.url, project_id="ours", user_id="me", timeout=5.0)
    )


def failure_of(act) -> CallFailure:
    with pytest.raises(CallFailure) as failed:
        act()
    return failed.value


@pytest.mark.parametrize("suffix", ["", "/", "/v2.0", "/v2.0/"])
def test_without_keystone_headers_say_who_asks(service, suffix):
    calls = RestCalls(NeutronAccess(endpoint=service.url + suffix, project_id="ours", user_id="me"))
    service.say("GET", "/v2.0/ports", {"ports": [{"id": "p"}]})
    assert calls.find(Kind.PORT, name=["a", "b"], device_id=["c"]) == [{"id": "p"}]
    ((method, path, query, headers),) = service.asked
    assert (method, path, query) == ("GET", "/v2.0/ports", {"name": ["a", "b"], "device_id": ["c"]})
    assert headers["X-Project-Id"] == calls.project_id == "ours"
    assert headers["X-User-Id"] == "me"
    assert headers["X-Roles"] == "admin"


def test_each_call_is_a_request(service, calls):
    service.say("POST", "/v2.0/ports", {"port": {"id": "new"}}, 201)
    service.say("PUT", "/v2.0/ports/p", {"port": {"id": "p"}})
    service.say("DELETE", "/v2.0/ports/p", b"", 204)
    service.say("PUT", "/v2.0/trunks/t/add_subports", {})
    service.say("PUT", "/v2.0/trunks/t/remove_subports", {})
    service.say("GET", "/v2.0/extensions", {"extensions": [{"alias": "trunk"}]})
    service.say("GET", "/v2.0/quotas/alice", {"quota": {"port": 7}})
    service.say("GET", "/v2.0/rbac-policies", {"rbac_policies": []})
    assert calls.create_port({"name": "n"}) == {"id": "new"}
    assert calls.update_port("p", {"name": "m"}) == {"id": "p"}
    calls.delete_port("p")
    calls.add_subport("t", "p", 5)
    calls.remove_subport("t", "p")
    assert calls.extensions() == {"trunk"}
    assert calls.port_quota("alice") == 7
    assert calls.find(Kind.RBAC_POLICY) == []
    sent = [body for _, _, body, _ in service.asked]
    assert sent[:5] == [
        {"port": {"name": "n"}},
        {"port": {"name": "m"}},
        {},
        {"sub_ports": [{"port_id": "p", "segmentation_type": "vlan", "segmentation_id": 5}]},
        {"sub_ports": [{"port_id": "p"}]},
    ]


def test_an_answer_that_comes_in_pages_is_put_together(service, calls):
    service.say(
        "GET",
        "/v2.0/ports",
        {"ports": [{"id": "1"}, {"id": "2"}], "ports_links": [{"rel": "next", "href": "x"}]},
    )
    pages = []
    find = calls._call

    def then_the_last(*arguments, **request):
        pages.append(request["params"])
        answer = find(*arguments, **request)
        service.say(
            "GET",
            "/v2.0/ports",
            {"ports": [{"id": "3"}], "ports_links": [{"rel": "previous", "href": "x"}]},
        )
        return answer

    calls._call = then_the_last
    assert [port["id"] for port in calls.find(Kind.PORT, name=["n"])] == ["1", "2", "3"]
    assert pages == [{"name": ["n"]}, {"name": ["n"], "marker": "2"}]


def test_a_refusal_is_told_by_neutrons_own_name(service, calls):
    error = {"NeutronError": {"type": "OverQuota", "message": "Quota exceeded", "detail": ""}}
    service.say("POST", "/v2.0/ports", error, 409)
    failure = failure_of(lambda: calls.create_port({}))
    assert (failure.type, failure.status, failure.detail) == ("OverQuota", 409, "Quota exceeded")


@pytest.mark.parametrize("said", [b"<html>no</html>", b"[]", b"{}", b'{"NeutronError": "text"}'])
@pytest.mark.parametrize("status", [401, 404, 500, 503])
def test_what_some_proxy_says_is_told_by_its_status(service, calls, status, said):
    service.say("GET", "/v2.0/ports", said, status)
    failure = failure_of(lambda: calls.find(Kind.PORT))
    assert (failure.type, failure.status) == ("HTTPError", status)


def test_an_answer_that_is_no_json_is_a_failure_of_theirs(service, calls):
    service.say("GET", "/v2.0/ports", b"<html>welcome</html>")
    assert failure_of(lambda: calls.find(Kind.PORT)).status == 502


def test_one_that_does_not_answer_is_given_up_in_time(service):
    calls = RestCalls(NeutronAccess(endpoint=service.url, timeout=0.2))
    service.hangs.clear()
    failure = failure_of(lambda: calls.create_port({"name": "n"}))
    assert failure.status is None
    assert len(service.asked) == 1


def test_one_that_is_not_there_is_no_answer(service):
    service.close()
    calls = RestCalls(NeutronAccess(endpoint=service.url))
    assert failure_of(lambda: calls.find(Kind.PORT)).status is None


def test_no_connection_is_used_again_for_it_might_just_be_closing(service, calls):
    service.say("GET", "/v2.0/ports", {"ports": []})
    for _ in range(5):
        calls.find(Kind.PORT)
    assert len(service.connections) == 5


@pytest.fixture
def cloud(service, tmp_path, monkeypatch) -> str:
    auth = {
        "auth_url": f"{service.url}/v3",
        "username": "u",
        "password": "secret-password",
        "project_name": "s",
        "user_domain_name": "d",
        "project_domain_name": "d",
    }
    clouds = {"clouds": {"mine": {"auth": auth, "region_name": "r1", "auth_type": "v3password"}}}
    (tmp_path / "clouds.yaml").write_text(json.dumps(clouds))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    return "mine"


influx = pytest.mark.filterwarnings("ignore:Support for InfluxDB:PendingDeprecationWarning")


@influx
def test_with_keystone_its_token_says_who_asks(service, cloud):
    calls = RestCalls(NeutronAccess(cloud=cloud, timeout=5.0))
    assert not service.asked
    service.say("GET", "/v2.0/ports", {"ports": []})
    assert calls.find(Kind.PORT) == []
    assert calls.project_id == "service-project"
    asked = [(method, path) for method, path, _, _ in service.asked]
    assert asked == [("POST", "/v3/auth/tokens"), ("GET", "/v2.0/ports")]
    assert service.asked[-1][3]["X-Auth-Token"] == "secret-token"
    assert "X-Roles" not in service.asked[-1][3]


@influx
@pytest.mark.parametrize(("status", "told"), [(401, 401), (500, 500), (503, 503)])
def test_keystones_refusals_are_told_as_such(service, cloud, status, told):
    service.token_status = status
    calls = RestCalls(NeutronAccess(cloud=cloud, timeout=5.0))
    assert failure_of(lambda: calls.find(Kind.PORT)).status == told
    assert failure_of(lambda: calls.project_id).status == told


@influx
@pytest.mark.parametrize(
    ("roles", "told"),
    [
        (["member", "admin"], []),
        (["reader", "member"], ["they have: member, reader"]),
        ([], ["they have: none"]),
    ],
)
def test_credentials_that_are_no_admins_are_told_once(service, cloud, caplog, roles, told):
    service.roles = roles
    service.say("GET", "/v2.0/ports", {"ports": []})
    calls = RestCalls(NeutronAccess(cloud=cloud, timeout=5.0))
    for _ in range(2):
        calls.find(Kind.PORT)
    said = [each.message for each in caplog.records if each.name.startswith("adapters.")]
    assert len(said) == len(told)
    for line, part in zip(said, told, strict=True):
        assert "lack the role admin" in line
        assert part in line


@influx
def test_a_keystone_that_hangs_is_given_up_in_time(service, cloud):
    calls = RestCalls(NeutronAccess(cloud=cloud, timeout=0.2))
    service.hangs.clear()
    assert failure_of(lambda: calls.find(Kind.PORT)).status is None


@influx
def test_a_cloud_that_is_not_configured_stops_in_one_line(cloud):
    with pytest.raises(AccessUnusable, match="cloud other") as refused:
        RestCalls(NeutronAccess(cloud="other"))
    assert "\n" not in str(refused.value)


@influx
def test_an_environment_that_says_nothing_stops_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "none.yaml"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AccessUnusable, match=r"the environment \(OS_\*\)") as refused:
        RestCalls(NeutronAccess())
    assert "\n" not in str(refused.value)
