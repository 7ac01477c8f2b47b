"""What databases of Neutron's may be set up like does not show in what is stored."""

import pytest

from adapters.persistence.sql import open_sql_store
from adapters.persistence.sql.engine import open_engine
from core.domain.query import Query, Sort
from tests import builders as a
from tests.adapters.persistence.neighbours import add_neighbours

pytestmark = pytest.mark.slow

NAMES = ["a", "A", "a ", "é", "\U0001f600"]
"""Texts that some collations take for one another, or character sets do not have."""


@pytest.fixture
def engine(mariadb_server):
    engine = open_engine(mariadb_server.create("neutron"))
    yield engine
    engine.dispose()
    mariadb_server.drop("neutron")


@pytest.mark.parametrize("charset", ["utf8mb3", "latin1", "utf8mb4 COLLATE utf8mb4_unicode_ci"])
def test_names_are_kept_whatever_the_servers_character_set(engine, charset):
    with engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE neutron CHARACTER SET {charset}")
    # What was connected before goes on with the former one.
    engine.dispose()
    add_neighbours(engine)
    store = open_sql_store(engine.url)
    with store.write() as work:
        work.devices.add(*(a.a_device(name) for name in NAMES))
        claims = [a.a_claim(name, name, claims={name: 1}) for name in NAMES]
        assert work.bindings.claim(claims) == [None] * len(claims)
        work.commit()
    with store.write() as work:
        found = work.devices.find(Query(sort=(Sort("name"),)))
        assert [device.name for device in found] == sorted(NAMES)
        for name in NAMES:
            assert work.devices.count({"name": (name,)}) == 1
            assert work.ledger.usage()[a.uid(name)].used[name] == 1
        work.devices.save(*found)
        work.bindings.release([claim.binding.service_id for claim in claims])
        work.commit()
    store.close()
