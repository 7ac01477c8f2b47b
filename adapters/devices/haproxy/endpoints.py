"""Whether an address and port can be listened on.

HAProxy must not be the one to find out: while a worker that is being started fails to bind, the
worker before it lets go of all its ports for a second.
"""

import errno
import socket
import time
from collections.abc import Iterable

from adapters.devices.haproxy.rendered import Endpoint
from adapters.devices.hosting.namespaces import inside

CLOSE_TIMEOUT = 2.0
"""Seconds that a worker which was told to stop may take to close a port."""


def bind_refusal(endpoint: Endpoint, *, shared: bool = False) -> str | None:
    """Why nobody can listen there now; None: one can.

    With `shared` a HAProxy of the same user may be listening there.
    """
    error = _try_bind(endpoint, shared=shared)
    if error is None:
        return None
    return f"cannot listen on {endpoint}: {error.strerror}"


def wait_until_closed(endpoints: Iterable[Endpoint]) -> None:
    """Return once nobody listens there any more, or after CLOSE_TIMEOUT."""
    deadline = time.monotonic() + CLOSE_TIMEOUT
    for endpoint in endpoints:
        while _in_use(endpoint) and time.monotonic() < deadline:
            time.sleep(0.001)


def _in_use(endpoint: Endpoint) -> bool:
    error = _try_bind(endpoint)
    return error is not None and error.errno == errno.EADDRINUSE


def _try_bind(endpoint: Endpoint, *, shared: bool = False) -> OSError | None:
    def bind() -> None:
        family = socket.AF_INET6 if ":" in endpoint.address else socket.AF_INET
        with socket.socket(family) as probe:
            # Connections that linger are no obstacle to HAProxy either.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            probe.bind((endpoint.address, endpoint.port))

    try:
        if endpoint.namespace is None:
            bind()
        else:
            inside(endpoint.namespace, bind)
    except OSError as error:
        return error
    return None
