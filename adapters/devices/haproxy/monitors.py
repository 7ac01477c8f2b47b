"""Health monitors as HAProxy checks.

HAProxy runs one sequence of checks for a server, so several monitors of a pool become the
steps of one: the member is up while it passes them all. The sequence runs as often as
the most frequent monitor asks and gives up as early as the least patient one.

PING has no equivalent in HAProxy: the driver gives it a helper that sends one ICMP echo
request, as HAProxy's external check. Beside any other monitor PING needs nothing: what answers
a TCP connection is reachable.
"""

import re
from collections.abc import Sequence

from adapters.devices.haproxy.syntax import Refused, Section
from core.domain.loadbalancer.model import MonitorType
from core.domain.loadbalancer.spec import MonitorSpec

PING_HELPER = "./ping-check"
RISE = 2
"""Passed checks in a row that bring a member back."""

_METHOD = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,32}")
_PATH = re.compile(r"[\x21-\x7e]{1,1024}")


def needs_helper(monitors: Sequence[MonitorSpec]) -> bool:
    """Whether the checks need the ICMP helper."""
    return bool(monitors) and all(each.type is MonitorType.PING for each in monitors)


def helper_in(namespace: str | None) -> str:
    """The ICMP helper that sends its requests from a network namespace, None: the host's own."""
    return PING_HELPER if namespace is None else f"{PING_HELPER}.{namespace}"


def add(
    section: Section, monitors: Sequence[MonitorSpec], namespace: str | None
) -> tuple[str, ...]:
    """Add the checks to a backend; return the words for its server lines. Raises Refused."""
    if not monitors:
        return ()
    section.add("timeout", "check", f"{max(1, min(each.timeout for each in monitors))}s")
    over_http = [each for each in monitors if each.type in (MonitorType.HTTP, MonitorType.HTTPS)]
    if needs_helper(monitors):
        section.add("option", "external-check")
        section.add("external-check", "path", "/usr/bin:/bin")
        section.add("external-check", "command", helper_in(namespace))
    elif over_http:
        section.add("option", "httpchk")
        for monitor in over_http:
            _http(section, monitor)
    delay = max(1, min(each.delay for each in monitors))
    fall = max(1, min(each.max_retries for each in monitors))
    return ("check", "inter", f"{delay}s", "fall", str(fall), "rise", str(RISE))


def _http(section: Section, monitor: MonitorSpec) -> None:
    if not _METHOD.fullmatch(monitor.http_method):
        raise Refused(f"http_method {monitor.http_method[:40]!r} is not an HTTP method")
    if not _PATH.fullmatch(monitor.url_path):
        raise Refused(f"url_path {monitor.url_path[:80]!r} must be printable ASCII without spaces")
    tls = ("ssl",) if monitor.type is MonitorType.HTTPS else ()
    section.add("http-check", "connect", *tls)
    section.add("http-check", "send", "meth", monitor.http_method, "uri", monitor.url_path)
    section.add("http-check", "expect", "status", _codes(monitor.expected_codes))


def _codes(codes: Sequence[int]) -> str:
    """HAProxy's notation, with runs of codes joined: "200-204,301"."""
    if not codes or not all(100 <= code <= 999 for code in codes):
        raise Refused("expected_codes must name HTTP status codes")
    runs: list[list[int]] = []
    for code in sorted(set(codes)):
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return ",".join(f"{low}-{high}" if low < high else str(low) for low, high in runs)
