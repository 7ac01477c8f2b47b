"""The rows of a database that holds a filled fleet."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Table

from adapters.persistence.sql import records, tables
from benchmarks.placement.filling import Filled
from benchmarks.placement.scene import (
    OFFERS,
    Scene,
    decision_id,
    device_id,
    networks_of,
    project_id,
    request_of,
    service_id,
)
from core.domain.binding import Binding, insertion_mode
from core.domain.lifecycle import Status
from core.domain.placement.request import PlacementRequest
from core.domain.service import Service

Rows = Iterable[tuple[Any, ...]]
Content = tuple[Table, tuple[str, ...], Rows]
"""A table, the columns that are given, and rows."""

_INTERFACE = "eth1"


def content(filled: Filled) -> Iterator[Content]:
    """All that a store has of the fleet and its VIPs, in an order that foreign keys allow.
    Decisions are left out: those of placements long past are not kept."""
    scene = filled.scene
    hosts = list(filled.fleet)
    devices = records.DEVICES.mapping
    yield _all(tables.devices, devices, (host.device for host in hosts))
    service_types = records.SERVICE_TYPES.mapping
    yield _all(tables.service_types, service_types, (offer.service_type for offer in OFFERS))
    yield (
        tables.device_counters,
        ("device_id", "resource", "used", "ceiling"),
        (
            (host.device.id, resource, host.used.get(resource, 0), limit)
            for host in hosts
            for resource, limit in host.limits.items()
        ),
    )
    yield _all(tables.services, records.SERVICES.mapping, _services(filled, scene))
    yield _all(tables.bindings, records.BINDINGS.mapping, _bindings(filled, scene))
    users = Counter(
        (device, need.network_id)
        for _, draw, device in filled.journal.entries(scene)
        for need in networks_of(draw)
    )
    encode = msgspec.json.Encoder().encode
    yield (
        tables.device_networks,
        ("device_id", "network_id", "cidrs", "interface", "users"),
        (
            (
                host.device.id,
                network,
                encode(cidrs).decode(),
                _INTERFACE,
                users[host.device.number, network],
            )
            for host in hosts
            for network, cidrs in host.networks.items()
        ),
    )
    yield (
        tables.fleet_changes,
        ("device_id", "revision"),
        ((host.device.id, 0) for host in hosts),
    )


def services_of(requests: Iterable[PlacementRequest]) -> Content:
    """The services that are to be placed."""
    return _all(
        tables.services,
        records.SERVICES.mapping,
        (
            Service(
                id=request.service_id,
                kind=request.kind,
                project_id=request.project_id,
                service_type_id=request.service_type_id,
            )
            for request in requests
        ),
    )


def _all(table: Table, mapping: Any, items: Iterable[Any]) -> Content:
    names = tuple(column.name for column in mapping.columns)
    return table, names, (tuple(mapping.values(item)) for item in items)


def _services(filled: Filled, scene: Scene) -> Iterator[Service]:
    for serial, draw, _ in filled.journal.entries(scene):
        offer = OFFERS[draw.offer].service_type
        yield Service(
            id=service_id(serial),
            kind=offer.kind,
            project_id=project_id(draw.tenant),
            service_type_id=offer.id,
            status=Status.ACTIVE,
            deployed_revision=1,
        )


def _bindings(filled: Filled, scene: Scene) -> Iterator[Binding]:
    drivers = [host.device.driver for host in filled.fleet]
    for serial, draw, device in filled.journal.entries(scene):
        request = request_of(serial, draw)
        networks = request.requirements.networks
        yield Binding(
            service_id=request.service_id,
            project_id=request.project_id,
            device_id=device_id(device),
            driver=drivers[device],
            mode=insertion_mode(networks),
            vip_address=request.requirements.vip_address,
            networks=networks,
            claims=request.demand,
            decision_id=decision_id(serial),
        )
