"""A database as the second version of the tables had it, and what becomes of it."""

from sqlalchemy import Engine, column, insert, table

from adapters.persistence.sql import SqlStore
from core.domain.query import Query
from tests.adapters.persistence.first_version import OLD

ROWS = {
    "services": OLD["services"],
    "devices": OLD["devices"] | {"number": 4, "spawned": False, "attempts": 2, "zone": "east"},
    "bindings": OLD["bindings"] | {"project_id": "red", "networks": "[]", "claims": "{}"},
    "device_counters": {"device_id": "d1", "resource": "vips", "used": 1, "ceiling": 9},
    "device_networks": {
        "device_id": "d1",
        "network_id": "n1",
        "cidrs": '["127.9.0.0/24"]',
        "interface": "eth1",
        "users": 0,
    },
    "agents": {
        "id": "agent1",
        "host": "localhost",
        "version": "0.1.0",
        "drivers": '["haproxy"]',
        "devices": '["d1"]',
        "backlog": 3,
        "started_at": 1.5,
        "seen_at": 2.5,
    },
}


def fill_as_second_version(engine: Engine) -> None:
    with engine.begin() as connection:
        for name, row in ROWS.items():
            connection.execute(insert(table(name, *map(column, row))), row)


def check_what_the_second_kept(store: SqlStore) -> None:
    with store.read() as work:
        device = work.devices.get("d1")
        assert device is not None
        assert (device.number, device.zone, device.attempts) == (4, "east", 2)
        assert (device.agent_group, device.agent_id, device.epoch) == ("default", None, 0)
        assert not device.releasing
        service = work.services.get("s1")
        assert service is not None
        assert (service.changed_at, service.traceparent) == (None, None)
        (network,) = work.ledger.idle_networks()
        assert (network.network_id, network.wiring_until) == ("n1", None)
        (agent,) = work.agents.find(Query())
        assert (agent.id, agent.group, agent.zones, agent.backlog) == ("agent1", "default", (), 3)
        assert not agent.is_alive(now=agent.seen_at + 60)
        assert work.bindings.get("s1") is not None
