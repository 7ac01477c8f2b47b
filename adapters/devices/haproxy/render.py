"""Turns a load balancer's specification into HAProxy sections.

Sections are named ``<service id>.<listener or pool id>`` and servers by their member's id:
no name that a tenant chose appears anywhere.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import partial

from adapters.devices.haproxy import handover, monitors, persistence
from adapters.devices.haproxy.parameters import Parameters
from adapters.devices.haproxy.rendered import (
    Backend,
    Endpoint,
    Frontend,
    Rendered,
    Server,
    family,
    host,
)
from adapters.devices.haproxy.syntax import Refused, Section
from core.domain.loadbalancer.model import Method, Protocol
from core.domain.loadbalancer.spec import ListenerSpec, LoadBalancerSpec, MemberSpec, PoolSpec

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MODES = {Protocol.HTTP: "http", Protocol.HTTPS: "tcp", Protocol.TCP: "tcp"}
_METHODS: dict[Method, tuple[tuple[str, ...], ...]] = {
    Method.ROUND_ROBIN: (("balance", "roundrobin"),),
    Method.LEAST_CONNECTIONS: (("balance", "leastconn"),),
    # Only a consistent hash lets servers come and go without a reload.
    Method.SOURCE_IP: (("balance", "source"), ("hash-type", "consistent")),
}


Namespaces = Mapping[str, str]
"""Network id to the network namespace that leads there. None at all: the host itself does."""


def render(
    spec: LoadBalancerSpec, parameters: Parameters, namespaces: Namespaces | None = None
) -> Rendered:
    """The sections of one load balancer. Raises Refused."""
    namespaces = namespaces or {}
    _check_id("load balancer", spec.id)
    pools = {
        listener.default_pool.id: listener.default_pool
        for listener in spec.listeners
        if listener.default_pool is not None and listener.default_pool.enabled
    }
    frontends = [
        _frontend(spec, listener, namespaces)
        for listener in spec.listeners
        if spec.enabled and listener.enabled
    ]
    endpoints = {frontend.endpoint for frontend in frontends}
    if len(endpoints) < len(frontends):
        raise Refused("two listeners have the same port")
    return Rendered(
        service_id=spec.id,
        frontends=tuple(frontends),
        backends=tuple(
            _backend(spec.id, pool, parameters, _namespace(pool.network_id, namespaces))
            for pool in pools.values()
        ),
        remembers=any(persistence.needs_table(pool) for pool in pools.values()),
        pings=any(monitors.needs_helper(pool.monitors) for pool in pools.values()),
    )


def _frontend(spec: LoadBalancerSpec, listener: ListenerSpec, namespaces: Namespaces) -> Frontend:
    address, port = _address("VIP", spec.vip.address), _port("listener", listener.port)
    name = f"{spec.id}.{_check_id('listener', listener.id)}"
    mode = _MODES[listener.protocol]
    section = Section("frontend", name)
    section.add("mode", mode)
    namespace = _namespace(spec.vip.network_id, namespaces)
    where = () if namespace is None else ("namespace", namespace)
    section.add("bind", f"{family(address)}@{host(address)}:{port}", *where)
    if listener.connection_limit is not None:
        if listener.connection_limit < 1:
            raise Refused(f"connection limit {listener.connection_limit} must be at least 1")
        section.add("maxconn", listener.connection_limit)
    if listener.protocol is Protocol.HTTP:
        section.add("option", "forwardfor")
    endpoint = Endpoint(address, port, namespace)
    pool = listener.default_pool
    if pool is None or not pool.enabled:
        return Frontend(endpoint, section.text())
    if _MODES[pool.protocol] != mode:
        raise Refused(f"a {listener.protocol} listener cannot use a {pool.protocol} pool")
    backend = f"{spec.id}.{pool.id}"
    section.add("default_backend", backend)
    if namespace is None:
        return Frontend(endpoint, section.text())
    handover.route(section, name)
    text = section.text() + handover.sections(name, mode, backend)
    return Frontend(endpoint, text, handover.socket_name(name))


def _backend(
    service_id: str, pool: PoolSpec, parameters: Parameters, namespace: str | None
) -> Backend:
    name = f"{service_id}.{_check_id('pool', pool.id)}"
    section = Section("backend", name)
    section.add("mode", _MODES[pool.protocol])
    for directive in _METHODS[pool.method]:
        section.add(*directive)
    cookie = persistence.add(section, pool, parameters.persistence_timeout_seconds)
    check = monitors.add(section, pool.monitors, namespace)
    server = partial(_server, pool_id=pool.id, namespace=namespace, check=check, cookie=cookie)
    return Backend(
        name=name,
        pool_id=pool.id,
        head=section.text().removesuffix("\n"),
        checked=bool(pool.monitors),
        servers=tuple(server(member) for member in pool.members),
    )


def _server(
    member: MemberSpec,
    *,
    pool_id: str,
    namespace: str | None,
    check: tuple[str, ...],
    cookie: Callable[[str, str], tuple[str, ...]],
) -> Server:
    if not 0 <= member.weight <= 256:
        raise Refused(f"weight {member.weight} of member {member.id} is not within 0 to 256")
    return Server(
        name=_check_id("member", member.id),
        address=_address("member", member.address),
        port=_port("member", member.port),
        weight=member.weight,
        enabled=member.enabled,
        options=(*cookie(pool_id, member.id), *check),
        namespace=namespace,
    )


def _namespace(network_id: str, namespaces: Namespaces) -> str | None:
    if namespaces and network_id not in namespaces:
        raise Refused(f"the device is not connected to network {network_id[:80]!r}")
    return namespaces.get(network_id)


def _check_id(noun: str, identity: str) -> str:
    if not _ID.fullmatch(identity):
        raise Refused(f"{noun} id {identity[:80]!r} has characters that an id cannot have")
    return identity


def _address(noun: str, address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        raise Refused(f"{noun} address {address[:80]!r} is not an IP address") from None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.scope_id is not None:
        raise Refused(f"{noun} address {address[:80]!r} must not name a zone")
    return str(parsed)


def _port(noun: str, port: int) -> int:
    if not 1 <= port <= 65535:
        raise Refused(f"{noun} port {port} is not within 1 to 65535")
    return port
