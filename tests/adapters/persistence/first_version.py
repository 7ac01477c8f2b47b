"""A database as the first version of the tables had it, and what becomes of it."""

from dataclasses import replace

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, column, insert, inspect, table

from adapters.persistence.sql.tables import METADATA
from core.domain.binding import Binding, InsertionMode, NetworkNeed
from core.domain.query import Query, Sort


def only_ours(_object, name, kind, _reflected, _other):
    return kind != "table" or name in METADATA.tables


def check_tables(engine: Engine) -> None:
    """The tables are those in the code."""
    options = {"compare_type": True, "include_object": only_ours}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []


def constraints(engine: Engine):
    """What Alembic does not compare, or not everywhere."""
    inspector = inspect(engine)
    return {
        name: (
            sorted(str(check["name"]) for check in inspector.get_check_constraints(name)),
            [
                (one["name"], one["nullable"], one["default"], str(one["type"]))
                for one in sorted(inspector.get_columns(name), key=lambda one: one["name"])
            ],
            inspector.get_pk_constraint(name)["name"],
            sorted(str(key["name"]) for key in inspector.get_foreign_keys(name)),
            sorted(str(key["name"]) for key in inspector.get_unique_constraints(name)),
            [
                (one["name"], one["column_names"], _told(one.get("dialect_options", {})))
                for one in sorted(inspector.get_indexes(name), key=lambda one: str(one["name"]))
            ],
        )
        for name in METADATA.tables
    }


def _told(options) -> dict[str, str]:
    return {name: str(value) for name, value in options.items()}


OLD = {
    "services": {
        "id": "s1",
        "kind": "loadbalancer",
        "project_id": "red",
        "service_type_id": "t",
        "status": "ACTIVE",
        "status_description": "",
        "desired_revision": 1,
        "deployed_revision": 1,
        "deleting": False,
        "attempts": 0,
    },
    "devices": {
        "id": "d1",
        "name": "lb2",
        "driver": "haproxy",
        "parameters": "{}",
        "limits": '{"vips":9}',
        "labels": "{}",
        "admin_state": "enabled",
        "status": "ONLINE",
        "status_reason": "",
        "generation": 1,
        "removing": False,
    },
    "bindings": {
        "service_id": "s1",
        "device_id": "d1",
        "driver": "haproxy",
        "role": "primary",
        "mode": "one-arm",
        "vip_address": "127.9.0.10",
        "decision_id": "e1",
    },
    "claims": {"service_id": "s1", "resource": "vips", "amount": 1},
    "service_networks": {
        "service_id": "s1",
        "position": 0,
        "device_id": "d1",
        "network_id": "n1",
        "cidr": "127.9.0.0/24",
    },
    "decisions": {
        "id": "e1",
        "service_id": "s1",
        "project_id": "red",
        "decided_at": 1.5,
        "service_type_id": "t",
        "device_id": "d1",
        "considered": 1,
        "refusals": "{}",
        "request": "{}",
        "verdicts": "[]",
    },
}
"""Rows as the first version of the tables had them."""
MORE = [
    ("devices", {"id": "d0", "name": "lb3"}),
    ("devices", {"id": "d2", "name": "lb1"}),
    ("services", {"id": "s2"}),
    ("bindings", {"service_id": "s2"}),
    ("claims", {"resource": "throughput", "amount": 50}),
    ("service_networks", {"position": 1, "network_id": "n2"}),
]


def fill_as_first_version(engine):
    rows = [*OLD.items(), *((name, OLD[name] | changed) for name, changed in MORE)]
    with engine.begin() as connection:
        for name, row in rows:
            columns = map(column, row)
            connection.execute(insert(table(name, *columns)), row)


def check_what_was_kept(store):
    with store.read() as work:
        devices = work.devices.find(Query(sort=(Sort("number"),)))
        assert [(device.name, device.number) for device in devices] == [
            ("lb1", 1),
            ("lb2", 2),
            ("lb3", 3),
        ]
        assert devices[1].limits == {"vips": 9}
        assert not devices[1].spawned
        first = Binding(
            service_id="s1",
            project_id="red",
            device_id="d1",
            driver="haproxy",
            mode=InsertionMode.ONE_ARM,
            vip_address="127.9.0.10",
            networks=tuple(
                NetworkNeed(network_id=name, cidr="127.9.0.0/24") for name in ("n1", "n2")
            ),
            claims={"vips": 1, "throughput": 50},
            decision_id="e1",
        )
        second = replace(first, service_id="s2", networks=(), claims={})
        assert work.bindings.find(Query()) == [first, second]
        decision = work.decisions.get("e1")
        assert decision is not None
        assert (decision.decided_at, decision.fleet_revision) == (1.5, 0)
        assert work.feed.position().revision == 0
