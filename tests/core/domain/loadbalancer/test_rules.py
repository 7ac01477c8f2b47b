"""What tenants may ask for, and that nothing they send can break out of a line."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.errors import DelayOrTimeoutInvalid, InvalidInput
from core.domain.loadbalancer.model import (
    HealthMonitor,
    MonitorType,
    PersistenceType,
    Protocol,
    SessionPersistence,
)
from core.domain.loadbalancer.rules import (
    check_monitor,
    check_persistence,
    connection_limit,
    status_codes,
)
from core.domain.validation import canonical_address, check_text

TOKEN = set(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")


def monitor(**changes: object) -> HealthMonitor:
    common = {"id": "m", "project_id": "p", "type": MonitorType.HTTP}
    return HealthMonitor(**common | {"delay": 5, "timeout": 3, "max_retries": 2} | changes)


@given(st.text())
def test_text_that_passes_fits_on_one_line_of_utf8(text):
    try:
        check_text("name", text)
    except InvalidInput:
        return
    assert len(text.splitlines()) <= 1
    assert "\0" not in text
    assert text.encode().decode() == text


@pytest.mark.parametrize(
    "text", ["", "plain", "quoted \"name\" 'x'", "été 🎉", "a\u00a0b", "\ue000"]
)
def test_ordinary_text_passes(text):
    check_text("name", text)


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "\0", "\x1b[31m", "\x85", "\u2028", "\udc80"])
def test_control_characters_do_not_and_are_named(text):
    with pytest.raises(InvalidInput, match=r"name: character U\+"):
        check_text("name", text)


@given(st.text())
def test_a_cookie_name_is_a_token(name):
    persistence = SessionPersistence(PersistenceType.APP_COOKIE, name)
    try:
        check_persistence(Protocol.HTTP, persistence)
    except InvalidInput:
        assert not name or set(name) - TOKEN or len(name) > 255
    else:
        assert name
        assert set(name) <= TOKEN


@pytest.mark.parametrize("name", ["JSESSIONID", "a", "x" * 255, "sid-1.2_~"])
def test_usual_cookie_names_pass(name):
    check_persistence(Protocol.HTTP, SessionPersistence(PersistenceType.APP_COOKIE, name))


@pytest.mark.parametrize(
    ("protocol", "kind", "passes"),
    [
        (protocol, kind, protocol is Protocol.HTTP or kind is PersistenceType.SOURCE_IP)
        for protocol in Protocol
        for kind in PersistenceType
    ],
)
def test_cookies_are_for_http(protocol, kind, passes):
    name = "sid" if kind is PersistenceType.APP_COOKIE else None
    if passes:
        check_persistence(protocol, SessionPersistence(kind, name))
    else:
        with pytest.raises(InvalidInput, match="HTTP"):
            check_persistence(protocol, SessionPersistence(kind, name))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("200", (200,)),
        ("200,202", (200, 202)),
        ("200 , 404,200", (200, 404)),
        ("200-203", (200, 201, 202, 203)),
        ("204-204", (204,)),
        ("100-599", tuple(range(100, 600))),
    ],
)
def test_codes_are_spelled_out(text, codes):
    assert status_codes(text) == codes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20",
        "2000",
        "099",
        "600",
        "099,200",
        "099-200",
        "500-600",
        "204-200",
        "200-",
        "200,",
        "200-202,204",
        "200\n",
        "\uff12\uff10\uff10",
        ",".join(["200"] * 40),
    ],
)
def test_what_is_no_list_of_codes_is_refused(text):
    with pytest.raises(InvalidInput, match="expected_codes"):
        status_codes(text)


@given(st.text(alphabet="0123456789,- \n", max_size=12))
def test_codes_are_valid_or_refused(text):
    try:
        codes = status_codes(text)
    except InvalidInput:
        return
    assert codes
    assert all(100 <= code <= 599 for code in codes)


@pytest.mark.parametrize(
    "change",
    [
        {"delay": 0, "timeout": 0},
        {"delay": 10**9},
        {"timeout": 0},
        {"max_retries": 0},
        {"max_retries": 11},
        {"http_method": ""},
        {"http_method": "GET /"},
        {"http_method": "GET\n"},
        {"http_method": "DELETE"},
        {"http_method": "get"},
        {"url_path": ""},
        {"url_path": "up"},
        {"url_path": "/a b"},
        {"url_path": "/a\n"},
        {"url_path": "/é"},
        {"url_path": "/" + "a" * 255},
        {"expected_codes": "no"},
    ],
)
def test_a_monitor_that_no_device_could_run_is_refused(change):
    with pytest.raises(InvalidInput):
        check_monitor(monitor(**change))


def test_a_check_ends_before_the_next_begins():
    check_monitor(monitor(delay=3, timeout=3))
    with pytest.raises(DelayOrTimeoutInvalid):
        check_monitor(monitor(delay=2, timeout=3))


@pytest.mark.parametrize(("number", "limit"), [(-1, None), (1, 1), (2**31 - 1, 2**31 - 1)])
def test_a_limit_of_minus_one_is_none(number, limit):
    assert connection_limit(number) == limit


@pytest.mark.parametrize("number", [-2, 0, 2**31])
def test_other_odd_limits_are_refused(number):
    with pytest.raises(InvalidInput):
        connection_limit(number)


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "2001:db8::1"])
def test_an_address_stays_as_it_is(text):
    assert canonical_address("address", text) == text


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.0.0.1 ", "127.1", "0127.0.0.1", "::1%lo", "127.0.0.1/8"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(InvalidInput, match="address"):
        canonical_address("address", text)
