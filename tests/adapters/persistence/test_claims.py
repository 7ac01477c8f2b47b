"""Claims against a model: counters are the sum of claims, and no limit is exceeded."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.persistence.memory import MemoryStore
from adapters.persistence.sql import open_sql_store
from core.domain.binding import NetworkNeed
from core.domain.query import Query
from tests import builders as a

DEVICES, SERVICES, NETWORKS, RESOURCES = "de", "stuvw", "lmn", ("vips", "throughput")
SLOTS = "vlans:eth1"

bindings = st.builds(
    lambda service, device, networks, claims: a.a_binding(
        service,
        device,
        service_id=service,
        device_id=device,
        networks=tuple(NetworkNeed(network_id=name, cidr=cidr) for name, cidr in networks),
        claims=claims,
    ),
    st.sampled_from(SERVICES),
    st.sampled_from(DEVICES),
    st.lists(
        st.tuples(st.sampled_from(NETWORKS), st.sampled_from(["10.0.0.0/24", "10.0.1.0/24"])),
        max_size=3,
        unique=True,
    ),
    st.dictionaries(st.sampled_from(RESOURCES), st.integers(1, 3), max_size=2),
)
limits = st.dictionaries(
    st.sampled_from((*RESOURCES, SLOTS)), st.none() | st.integers(0, 6), max_size=3
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), bindings),
        st.tuples(st.just("claim"), bindings),
        st.tuples(st.just("release"), st.sampled_from(SERVICES)),
        st.tuples(st.just("limit"), st.tuples(st.sampled_from(DEVICES), limits)),
        st.tuples(st.just("close"), st.tuples(st.sampled_from(DEVICES), st.sampled_from(NETWORKS))),
    ),
    max_size=25,
)


@pytest.fixture(scope="module")
def sql_store(tmp_path_factory):
    store = open_sql_store(f"sqlite:///{tmp_path_factory.mktemp('claims') / 'state.db'}")
    yield store
    store.close()


def do(work, step):
    what, subject = step
    if what == "claim":
        return work.bindings.claim(subject, "eth1")
    if what == "release":
        return work.bindings.release(subject)
    if what == "limit":
        return work.ledger.set_limits(*subject)
    return work.ledger.close_network(*subject)


def check_sums(work):
    """The accounts are what the bindings and the open networks add up to."""
    stored = work.bindings.find(Query())
    accounts = work.ledger.usage()
    for device in DEVICES:
        used, users = Counter(), Counter()
        for binding in stored:
            if binding.device_id == device:
                used.update(binding.claims)
                users.update({need.network_id for need in binding.networks})
        account = accounts.get(device)
        networks = account.networks if account else ()
        if networks:
            used[SLOTS] = len(networks)
        assert dict(account.used if account else {}) == dict(used)
        assert {row.network_id: row.users for row in networks if row.users} == dict(users)
    return stored, accounts


@pytest.mark.slow
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps)
def test_claims_add_up_in_both_stores(sql_store, steps):
    in_force = {device: {} for device in DEVICES}
    with MemoryStore().write() as memory, sql_store.write() as sql:
        for device in DEVICES:
            for work in (memory, sql):
                work.devices.add(a.a_device(device, id=device))
        for step in steps:
            before = sql.ledger.usage()
            result = do(sql, step)
            assert result == do(memory, step)
            stored, accounts = check_sums(sql)
            assert (stored, accounts) == check_sums(memory)
            assert sql.ledger.idle_networks() == memory.ledger.idle_networks()
            if step[0] == "limit":
                in_force[step[1][0]] = step[1][1]
            elif step[0] == "claim":
                if result is not None:
                    assert accounts == before
                    assert result.used + result.wanted > result.limit
                for device, account in accounts.items():
                    for resource, used in account.used.items():
                        limit = in_force[device].get(resource)
                        had = before[device].used.get(resource, 0) if device in before else 0
                        assert limit is None or used <= max(limit, had)


def test_the_database_itself_refuses_a_negative_counter(sql_store):
    with sql_store.write() as work:
        work.devices.add(a.a_device())
        work.bindings.claim(a.a_binding(), "eth1")
        connection = work._session.connection
        with pytest.raises(Exception, match="ck_device_counters_used"):
            connection.execute(text("UPDATE device_counters SET used = used - 2"))
