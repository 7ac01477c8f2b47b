"""A database as the third version of the tables had it, and what becomes of it."""

import pytest
from sqlalchemy import Engine, column, insert, table

from adapters.persistence.misuse import BrokenReference
from adapters.persistence.sql import SqlStore
from core.domain.binding import Attachment
from core.domain.query import Query
from core.domain.wiring import DeviceWiring, Plug
from tests.adapters.persistence import second_version

ROWS = {
    "services": second_version.ROWS["services"] | {"traceparent": "00-1-2-01"},
    "devices": second_version.ROWS["devices"]
    | {"agent_group": "edge", "epoch": 3, "probed_epoch": 3, "releasing": False},
    "bindings": second_version.ROWS["bindings"],
    "device_counters": second_version.ROWS["device_counters"],
    "device_networks": second_version.ROWS["device_networks"]
    | {
        "attachment": '{"device_id":"d1","network_id":"n1","interface":"eth1",'
        '"port_id":null,"mac":null,"addresses":["127.9.0.2"],"vlan":7}'
    },
    "networks": {
        "id": "n1",
        "project_id": "red",
        "name": "front",
        "description": "",
        "admin_state_up": True,
        "shared": False,
    },
    "subnets": {
        "id": "u1",
        "project_id": "red",
        "network_id": "n1",
        "name": "",
        "description": "",
        "cidr": "127.9.0.0/24",
        "allocation_pools": "[]",
        "enable_dhcp": False,
        "dns_nameservers": "[]",
        "host_routes": "[]",
    },
    "reservations": {
        "id": "r1",
        "subnet_id": "u1",
        "address": "127.9.0.10",
        "owner": "s1",
        "reserved_at": 1.5,
    },
    "fleet_changes": {"device_id": "d1", "revision": 0},
}


def fill_as_third_version(engine: Engine) -> None:
    with engine.begin() as connection:
        for name, row in ROWS.items():
            connection.execute(insert(table(name, *map(column, row))), row)


def check_what_the_third_kept(store: SqlStore) -> None:
    with store.read() as work:
        device = work.devices.get("d1")
        assert device is not None
        assert (device.agent_group, device.epoch) == ("edge", 3)
        assert (device.wiring, device.unwirable) == (DeviceWiring(), "")
        (idle,) = work.ledger.idle_networks()
        assert idle.attachment == Attachment(
            device_id="d1", network_id="n1", interface="eth1", addresses=("127.9.0.2",), vlan=7
        )
        assert idle.attachment.plug is Plug.NONE
        network = work.networks.get("n1")
        assert network is not None
        assert (network.name, network.segmentation_id) == ("front", None)
        assert [one.network_id for one in work.subnets.find(Query())] == ["n1"]
        assert [one.owner for one in work.reservations.find(Query())] == ["s1"]
        assert work.feed.position().revision == 0
    with store.write() as work:
        work.bindings.release(["s1"])
        assert work.bindings.find(Query()) == []
        with pytest.raises(BrokenReference):
            work.networks.remove("n1")
