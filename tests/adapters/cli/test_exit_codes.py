"""Every failure is one line on standard error and the documented exit code."""

import socket

import pytest

from adapters.cli.app import outcome

VIP = "11111111-1111-4111-8111-111111111111"
POOL = "22222222-2222-4222-8222-222222222222"


def error(kind, message):
    return {"NeutronError": {"type": kind, "message": message, "detail": ""}}


def assert_one_line(ended, code, *parts):
    assert ended.code == code
    assert ended.out == ""
    assert ended.err.startswith("pierhead: ")
    assert ended.err.count("\n") == 1
    for part in parts:
        assert part in ended.err


def test_unreachable_server(pierhead):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        ended = pierhead("vip", "list", url=url)
    assert_one_line(ended, 3, f"cannot reach {url}: connection refused", "PIERHEAD_URL")


def test_server_that_does_not_answer(pierhead):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        ended = pierhead("--timeout", "0.05", "vip", "list", url=url)
    assert_one_line(ended, 3, "no answer", "0.05 s", "--timeout")


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/", "http://["])
def test_url_that_is_none(pierhead, url):
    assert_one_line(pierhead("vip", "list", url=url), 2, "--url", "http://127.0.0.1:9797")


def test_object_that_does_not_exist(pierhead, replay):
    replay.collection("/v2.0/lb/vips", "vips", [])
    assert_one_line(pierhead("vip", "show", "web"), 1, "no vip", "web", "pierhead vip list")
    assert_one_line(pierhead("vip", "show", VIP), 1, "no vip", VIP)


def test_invalid_value_names_the_option(pierhead, replay):
    replay.collection("/v2.0/lb/pools", "pools", [{"id": POOL, "name": "p", "protocol": "TCP"}])
    replay.collection("/v2.0/subnets", "subnets", [{"id": POOL, "name": "s"}])
    message = "Invalid input for protocol_port: 99999 is greater than the maximum of 65535"
    replay.on("POST", "/v2.0/lb/vips", (400, error("InvalidInput", message)))
    ended = pierhead("vip", "add", "--pool", "p", "--subnet", "s", "--port", "99999")
    assert_one_line(ended, 1, message, "(option --port)")


def test_conflict_has_a_remedy(pierhead, replay):
    replay.collection("/v2.0/fleet/devices", "devices", [{"id": VIP, "name": "lb1"}])
    message = f"Device {VIP} is in use by {POOL}"
    replay.on("DELETE", f"/v2.0/fleet/devices/{VIP}", (409, error("DeviceInUse", message)))
    assert_one_line(pierhead("device", "remove", "lb1"), 1, message, "remove what uses it first")


def test_forbidden_says_who_may(pierhead, replay):
    replay.on("POST", "/v2.0/fleet/service-types", (403, error("Forbidden", "admin role")))
    ended = pierhead("service-type", "add", "--name", "gold", "--driver", "haproxy")
    assert_one_line(ended, 1, "admin role", "--role admin")
    ended = pierhead("--token", "t", "service-type", "add", "--name", "gold", "--driver", "haproxy")
    assert_one_line(ended, 1, "admin role", "with a token that has the role admin")


def test_a_missing_token_and_a_bad_one_are_told_apart(pierhead, replay):
    refused = {"error": {"code": 401, "title": "Unauthorized", "message": "authenticate"}}
    replay.on("GET", "/v2.0/lb/vips", (401, refused))
    assert_one_line(pierhead("vip", "list"), 1, replay.url, "wants a token", "--token")
    ended = pierhead("--token", "old", "vip", "list")
    assert_one_line(ended, 1, replay.url, "does not accept the token", "expired")


def test_server_failure(pierhead, replay):
    replay.on("GET", "/v2.0/lb/vips", (500, error("HTTPInternalServerError", "it broke")))
    assert_one_line(pierhead("vip", "list"), 4, "the server failed (500)", "it broke")


@pytest.mark.parametrize("answer", ["<html>", {"other": []}, []])
def test_something_else_than_pierhead_answers(pierhead, replay, answer):
    replay.on("GET", "/v2.0/lb/vips", (200, answer))
    assert_one_line(pierhead("vip", "list"), 4, "is the URL right?")


def test_something_else_than_pierhead_refuses(pierhead, replay):
    replay.on("GET", "/v2.0/lb/vips", (404, "<html>"))
    assert_one_line(pierhead("vip", "list"), 1, "404", "is the URL right?")


def test_a_redirect_is_not_followed(pierhead, replay):
    replay.on("GET", "/v2.0/lb/vips", (302, "/elsewhere"))
    replay.on("GET", "/elsewhere", (200, {"vips": []}))
    assert_one_line(pierhead("vip", "list"), 1, "302")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["vip"], "missing command"),
        (["vpi", "list"], "no such command"),
        (["vip", "show"], "missing argument"),
        (["vip", "list", "--colour"], "no such option"),
        (["vip", "add", "--subnet", "s", "--pool", "p", "--port", "http"], "--port"),
        (["pool", "add", "--name", "p", "--subnet", "s", "--protocol", "UDP"], "'UDP'"),
        (["--timeout", "soon", "vip", "list"], "--timeout"),
        (["vip", "list", "--filter", "status"], "--filter wants KEY=VALUE"),
        (["vip", "list", "--sort", "name:up"], "--sort name:up"),
        (["vip", "show", ""], "an empty name"),
        (["--project", "a\nb", "vip", "list"], "X-Project-Id"),
        (["vip", "show", "\udcff"], "encoding"),
        (["device", "add", "--name", "d", "--driver", "x", "--limit", "vips=many"], "--limit vips"),
        (["monitor", "add", "--type", "TCP", "--delay", "1", "--timeout", "1"], "--retries"),
    ],
)
def test_wrong_arguments(pierhead, arguments, part):
    assert_one_line(pierhead(*arguments), 2, part)


def test_bare_program_shows_its_help(capsys):
    assert outcome([]) == 0
    shown = capsys.readouterr()
    assert "Usage: pierhead" in shown.out
    assert "Exit codes: 0 done" in shown.out


def test_error_text_cannot_command_the_terminal(pierhead, replay):
    replay.on("GET", "/v2.0/lb/vips", (400, error("X", "a \x1b[2J\x9b1m\r\n b")))
    assert_one_line(pierhead("vip", "list"), 1, "a \\x1b[2J\\x9b1m b")
