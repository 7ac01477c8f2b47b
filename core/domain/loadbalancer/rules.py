"""What a tenant may ask of a load balancer: pure checks that raise InvalidInput."""

import re

from core.domain.errors import DelayOrTimeoutInvalid, InvalidInput
from core.domain.loadbalancer.model import (
    HealthMonitor,
    MonitorType,
    PersistenceType,
    Protocol,
    SessionPersistence,
)
from core.domain.validation import check_range

HTTP_MONITORS = frozenset({MonitorType.HTTP, MonitorType.HTTPS})
MONITOR_METHODS = ("GET", "HEAD", "OPTIONS")
"""Checks ask, and change nothing where they arrive."""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_URL_PATH = re.compile(r"/[!-~]*")
_CODES = re.compile(r"[0-9]{3}( *, *[0-9]{3})*|[0-9]{3}-[0-9]{3}")

_MAX_COOKIE_NAME = 255
_MAX_PATH = 255
_MAX_CODES = 64
_MAX_CONNECTIONS = 2**31 - 1
_MAX_SECONDS = 86_400
"""A day between two checks: no device has to cope with more."""


def check_port(value: int) -> None:
    """Refuse what is no port that one can listen on or connect to."""
    check_range("protocol_port", value, 1, 65535)


def connection_limit(value: int) -> int | None:
    """The limit that LBaaS v1's number stands for: -1 is none."""
    if value == -1:
        return None
    if value < 1:
        raise InvalidInput("connection_limit", f"{value} is neither -1 (no limit) nor at least 1")
    check_range("connection_limit", value, 1, _MAX_CONNECTIONS)
    return value


def check_persistence(protocol: Protocol, persistence: SessionPersistence | None) -> None:
    """Refuse a persistence that the protocol cannot have, and a misplaced or odd cookie name."""
    if persistence is None:
        return
    field, kind, cookie = "session_persistence", persistence.type, persistence.cookie_name
    if kind is not PersistenceType.SOURCE_IP and protocol is not Protocol.HTTP:
        raise InvalidInput(field, f"{kind} needs protocol HTTP, not {protocol}")
    if kind is not PersistenceType.APP_COOKIE:
        if cookie is not None:
            raise InvalidInput(field, f"{kind} takes no cookie_name")
        return
    if not cookie:
        raise InvalidInput(field, "APP_COOKIE needs a cookie_name")
    if len(cookie) > _MAX_COOKIE_NAME or not _TOKEN.fullmatch(cookie):
        raise InvalidInput(field, f"cookie_name {cookie!r} is not a cookie name (RFC 6265)")


def check_monitor(monitor: HealthMonitor) -> None:
    """Refuse a monitor that no device could run."""
    check_range("delay", monitor.delay, 1, _MAX_SECONDS)
    check_range("timeout", monitor.timeout, 1, _MAX_SECONDS)
    check_range("max_retries", monitor.max_retries, 1, 10)
    if monitor.delay < monitor.timeout:
        raise DelayOrTimeoutInvalid(
            "delay", f"{monitor.delay} s is less than the timeout of {monitor.timeout} s"
        )
    if monitor.http_method not in MONITOR_METHODS:
        raise InvalidInput(
            "http_method", f"{monitor.http_method!r} is none of {', '.join(MONITOR_METHODS)}"
        )
    if len(monitor.url_path) > _MAX_PATH or not _URL_PATH.fullmatch(monitor.url_path):
        raise InvalidInput(
            "url_path", f"{monitor.url_path!r} is not a path of visible ASCII characters from /"
        )
    status_codes(monitor.expected_codes)


def status_codes(expected: str) -> tuple[int, ...]:
    """The HTTP status codes that a list ("200,202") or a range ("200-204") stands for."""
    field = "expected_codes"
    if len(expected) > _MAX_CODES or not _CODES.fullmatch(expected):
        raise InvalidInput(field, f"{expected!r} is neither a list of codes nor a range")
    low, dash, high = expected.partition("-")
    if dash:
        codes = tuple(range(int(low), int(high) + 1))
        if not codes:
            raise InvalidInput(field, f"the range {expected!r} is empty")
    else:
        codes = tuple(dict.fromkeys(int(code) for code in expected.split(",")))
    for code in (min(codes), max(codes)):
        check_range(field, code, 100, 599)
    return codes
