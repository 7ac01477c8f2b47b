"""Session persistence: how a client finds the same member again."""

import hashlib
import re
from collections.abc import Callable

from adapters.devices.haproxy.syntax import Refused, Section, sample
from core.domain.loadbalancer.model import PersistenceType, Protocol
from core.domain.loadbalancer.spec import PoolSpec

PEERS = "pierhead"
"""The peers section over which a new worker learns the tables of the one before."""
COOKIE = "SRV"
TABLE_SIZE = "100k"
LONGEST_SESSION_ID = 128

ServerOptions = Callable[[str, str], tuple[str, ...]]
"""Pool id and member id to the words that persistence adds to the server line."""

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,255}")


def needs_table(pool: PoolSpec) -> bool:
    """Whether the pool's persistence is kept in a table."""
    wanted = pool.session_persistence
    return wanted is not None and wanted.type is not PersistenceType.HTTP_COOKIE


def add(section: Section, pool: PoolSpec, expire: int) -> ServerOptions:
    """Add what the pool's persistence needs; tables forget after `expire` seconds.

    Raises Refused for cookies in a pool that does not speak HTTP.
    """
    wanted = pool.session_persistence
    if wanted is None:
        return _nothing
    if wanted.type is PersistenceType.SOURCE_IP:
        _table(section, "ipv6", expire=expire)
        section.add("stick", "on", "src")
        return _nothing
    if pool.protocol is not Protocol.HTTP:
        raise Refused(f"persistence {wanted.type} needs protocol HTTP, not {pool.protocol}")
    if wanted.type is PersistenceType.HTTP_COOKIE:
        section.add("cookie", COOKIE, "insert", "indirect", "nocache", "httponly")
        return _cookie
    name = wanted.cookie_name or ""
    if not _TOKEN.fullmatch(name):
        raise Refused(f"cookie_name {name[:80]!r} is not a name that a cookie can have")
    _table(section, "string", "len", LONGEST_SESSION_ID, expire=expire)
    section.add("stick", "store-response", sample("res.cook", name))
    section.add("stick", "match", sample("req.cook", name))
    return _nothing


def _table(section: Section, *kind: str | int, expire: int) -> None:
    words = ("size", TABLE_SIZE, "expire", f"{expire}s", "peers", PEERS)
    section.add("stick-table", "type", *kind, *words)


def _nothing(_pool_id: str, _member_id: str) -> tuple[str, ...]:
    return ()


def _cookie(pool_id: str, member_id: str) -> tuple[str, ...]:
    digest = hashlib.sha256(f"{pool_id}/{member_id}".encode()).hexdigest()
    return ("cookie", digest[:16])
