"""How a worker that is replaced serves its last requests between network namespaces.

A worker of HAProxy that is told to stop lets go of its network namespaces at once (2.6 to 2.8; see
`netns_sig_stop` in its src/namespace.c). A request that it gets afterwards, over a connection that
it still has, would reach no server and be answered with 503. So it goes, by a UNIX socket, to the
worker that took over, which has the namespaces, and the current members besides.
"""

import hashlib

from adapters.devices.haproxy.syntax import Section

SOCKETS = "handover-*.sock"
"""Matches the sockets' names."""
_SUCCESSOR = ".successor"
_PREDECESSOR = ".predecessor"


def socket_name(frontend: str) -> str:
    """The socket of a frontend: a digest, because a socket's path may have some 100 bytes only."""
    return f"handover-{hashlib.sha256(frontend.encode()).hexdigest()[:32]}.sock"


def route(section: Section, frontend: str) -> None:
    """Have a frontend pass on what it gets while its worker stops."""
    section.add("acl", "replaced", "stopping")
    section.add("use_backend", f"{frontend}{_SUCCESSOR}", "if", "replaced")


def sections(frontend: str, mode: str, backend: str) -> str:
    """The way to the next worker, and the one from the worker before to `backend`.

    Nothing is added to requests that come over it, since the worker before has done that.
    """
    path = f"unix@{socket_name(frontend)}"
    predecessor = Section("frontend", f"{frontend}{_PREDECESSOR}")
    predecessor.add("mode", mode)
    predecessor.add("bind", path, "mode", 600, "accept-proxy")
    predecessor.add("default_backend", backend)
    # It may be replaced in its turn.
    route(predecessor, frontend)
    successor = Section("backend", f"{frontend}{_SUCCESSOR}")
    successor.add("mode", mode)
    if mode == "http":
        # The next worker closes a connection that waits when it is replaced in its turn.
        successor.add("http-reuse", "never")
    # Version 2 of the protocol would tell the client's network namespace, whose name the worker
    # has freed: it would crash.
    successor.add("server", "successor", path, "send-proxy")
    return predecessor.text() + successor.text()


def is_part(proxy: str) -> bool:
    """Whether a proxy, by its name, is one of these and no tenant's listener or pool."""
    return proxy.endswith((_PREDECESSOR, _SUCCESSOR))
