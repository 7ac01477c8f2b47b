"""The part of the configuration that is the same for all load balancers of a device."""

import resource

from adapters.devices.haproxy.parameters import Parameters
from adapters.devices.haproxy.peers import PEER, SOCKET
from adapters.devices.haproxy.persistence import PEERS
from adapters.devices.haproxy.syntax import Section

MOST_FILES = 1_048_576
"""Open files beyond which HAProxy's tables would only cost memory."""
RESERVED_FILES = 64
RESERVED_FILES_PER_THREAD = 8
"""Open files that HAProxy needs for itself, generously."""
LEAST_CONNECTIONS = 100
MOST_DRAINING_RELOADS = 50
"""Reloads that a worker's old connections outlive, whatever the drain timeout.

HAProxy's list of its processes must fit into one buffer of 16 KiB, some 180 workers: with more
the master never answers the question. Each worker also holds tens of megabytes.
"""


def preamble(parameters: Parameters, *, pings: bool, files: int) -> str:
    """Global settings; `pings` allows the checks that need a helper process.

    `files` is how many open files listeners and health checks take.
    """
    sections = (_global(parameters, pings=pings, files=files), _defaults(parameters), _peers())
    return "".join(section.text() for section in sections)


def _global(parameters: Parameters, *, pings: bool, files: int) -> Section:
    section = Section("global")
    section.add("stats", "socket", "unix@stats.sock", "mode", 600, "level", "admin",
                "expose-fd", "listeners")  # fmt: skip
    section.add("localpeer", PEER)
    section.add("server-state-file", "servers.state")
    section.add("nbthread", parameters.threads)
    section.add("fd-hard-limit", open_files())
    if parameters.max_connections is not None:
        section.add("maxconn", min(parameters.max_connections, _room(parameters, files)))
    section.add("hard-stop-after", f"{parameters.drain_timeout_seconds}s")
    section.add("mworker-max-reloads", MOST_DRAINING_RELOADS)
    # LBaaS health monitors do not verify certificates; members' traffic is never decrypted.
    section.add("ssl-server-verify", "none")
    if pings:
        section.add("insecure-fork-wanted")
        section.add("external-check")
    return section


def _defaults(parameters: Parameters) -> Section:
    section = Section("defaults")
    section.add("load-server-state-from-file", "global")
    section.add("option", "redispatch")
    # Lets a kept-alive client finish its next request, rather than lose it to a reload.
    section.add("option", "idle-close-on-response")
    section.add("retries", 3)
    # Counts the bytes of long connections while they last, not when they end.
    section.add("option", "contstats")
    section.add("timeout", "connect", f"{parameters.connect_timeout_seconds}s")
    section.add("timeout", "client", f"{parameters.client_timeout_seconds}s")
    section.add("timeout", "server", f"{parameters.server_timeout_seconds}s")
    section.add("timeout", "http-keep-alive", f"{parameters.keep_alive_timeout_seconds}s")
    return section


def _peers() -> Section:
    section = Section("peers", PEERS)
    section.add("peer", PEER, f"unix@{SOCKET}")
    return section


def _room(parameters: Parameters, files: int) -> int:
    """How many connections the limit on open files allows, at two files each."""
    reserved = RESERVED_FILES + parameters.threads * RESERVED_FILES_PER_THREAD
    return max(LEAST_CONNECTIONS, (open_files() - files - reserved) // 2)


def open_files() -> int:
    """How many files HAProxy may open here: HAProxy refuses to start beyond the hard limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
