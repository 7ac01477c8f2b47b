"""The devices' accounts as placement counts them: whole fleets in seconds, a few in one look."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import func, select

from adapters.persistence.sql.bulk import Selection, look_together
from adapters.persistence.sql.mapping import json_codec
from adapters.persistence.sql.session import Session
from adapters.persistence.sql.tables import bindings, device_counters, device_networks
from core.domain.binding import Account

_USED = [device_counters.c[name] for name in ("device_id", "resource", "used")]
_NETWORKS = [device_networks.c[name] for name in ("device_id", "network_id", "cidrs")]
_PROJECTS = [bindings.c[name] for name in ("device_id", "project_id")]
_ALL = (
    select(*_USED).where(device_counters.c.used > 0),
    select(*_NETWORKS),
    select(*_PROJECTS, func.count()).group_by(*_PROJECTS),
)
_SOME = (
    Selection(device_counters, ["device_id"], columns=_USED),
    Selection(device_networks, ["device_id"], columns=_NETWORKS),
    Selection(bindings, ["device_id"], columns=_PROJECTS, counted=True),
)
_decode = json_codec(tuple[str, ...])[0]


def read_accounts(session: Session, device_ids: Iterable[str] | None) -> dict[str, Account]:
    """The accounts of these devices, or of all, as far as anything is known of them."""
    if device_ids is None:
        found = [session.rows(statement) for statement in _ALL]
    else:
        keys = [(device_id,) for device_id in dict.fromkeys(device_ids)]
        found = list(look_together(session, [(selection, keys) for selection in _SOME]))
    used = _by_device(row for row in found[0] if row[2])
    networks = _by_device(_decoded(found[1]))
    projects = _by_device(found[2])
    nothing: dict[str, Any] = {}
    return {
        device_id: Account(
            used=used.get(device_id, nothing),
            networks=networks.get(device_id, nothing),
            projects=projects.get(device_id, nothing),
        )
        for device_id in {**used, **networks, **projects}
    }


def _by_device(rows: Iterable[Any]) -> dict[str, dict[str, Any]]:
    intern = sys.intern
    found: dict[str, dict[str, Any]] = {}
    for device_id, name, value in rows:
        known = found.get(device_id)
        if known is None:
            known = found[device_id] = {}
        known[intern(name)] = value
    return found


def _decoded(rows: Iterable[Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    # Most networks have one subnet, which many devices know.
    seen: dict[str, tuple[str, ...]] = {}
    for device_id, network_id, cidrs in rows:
        subnets = seen.get(cidrs)
        if subnets is None:
            subnets = seen[cidrs] = _decode(cidrs)
        yield device_id, network_id, subnets
