"""Networks of devices as the fifth version of the tables had them, and what becomes of them."""

from sqlalchemy import Engine, column, insert, table

from adapters.persistence.sql import SqlStore

_TABLE = table(
    "pierhead_device_networks",
    *map(column, ("device_id", "network_id", "cidrs", "interface", "users")),
)


def fill_as_fifth_version(engine: Engine) -> None:
    with engine.begin() as connection:
        for network, users in (("used", 2), ("idle", 0)):
            connection.execute(insert(_TABLE).values(("d1", network, "[]", "eth1", users)))


def check_what_the_fifth_kept(store: SqlStore) -> None:
    """Networks without users are told from the others."""
    with store.read() as work:
        assert [each.network_id for each in work.ledger.idle_networks()] == ["idle"]
