"""Every store does with claims what a simple model does, and its feed tells of all of it."""

from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain.binding import Claim, NetworkNeed
from core.domain.query import Query
from core.ports.store import Store
from core.ports.unit_of_work import UnitOfWork
from tests import builders as a
from tests.contracts.claims_model import Model

DEVICES, SERVICES, NETWORKS, RESOURCES = "de", "stuvw", "lmn", ("vips", "throughput")
SLOTS = "vlans:eth1"

bindings = st.builds(
    lambda service, device, project, networks, claims: a.a_binding(
        service_id=service,
        device_id=device,
        project_id=project,
        networks=tuple(NetworkNeed(network_id=name, cidr=cidr) for name, cidr in networks),
        claims=claims,
    ),
    st.sampled_from(SERVICES),
    st.sampled_from(DEVICES),
    st.sampled_from(["red", "blue"]),
    st.lists(
        st.tuples(st.sampled_from(NETWORKS), st.sampled_from(["10.0.0.0/24", "10.0.1.0/24"])),
        max_size=3,
        unique=True,
    ),
    st.dictionaries(st.sampled_from(RESOURCES), st.integers(1, 3), max_size=2),
)
claims = st.lists(
    st.builds(
        lambda binding, percents: Claim(
            binding=binding, interface="eth1", oversubscription=percents
        ),
        bindings,
        st.dictionaries(st.sampled_from((*RESOURCES, SLOTS)), st.sampled_from([150, 133])),
    ),
    max_size=4,
    unique_by=lambda claim: claim.binding.service_id,
)
limits = st.dictionaries(
    st.sampled_from((*RESOURCES, SLOTS)), st.none() | st.integers(0, 6), max_size=3
)
services = st.lists(st.sampled_from(SERVICES), max_size=3)
steps = st.one_of(
    st.tuples(st.just("claim"), claims),
    st.tuples(st.just("claim"), claims),
    st.tuples(st.just("claim knowing"), claims),
    st.tuples(st.just("claim knowing"), claims),
    st.tuples(st.just("release"), services),
    st.tuples(st.just("limit"), st.tuples(st.sampled_from(DEVICES), limits)),
    st.tuples(st.just("close"), st.tuples(st.sampled_from(DEVICES), st.sampled_from(NETWORKS))),
)
units = st.lists(st.tuples(st.lists(steps, min_size=1, max_size=4), st.booleans()), max_size=6)


def do(work: UnitOfWork, model: Model, step) -> set[str]:
    """Take a step in both; the devices that it changed."""
    what, subject = step
    if what in ("claim", "claim knowing"):
        before = {
            claim.binding.service_id: model.bindings.get(claim.binding.service_id)
            for claim in subject
        }
        given, expected = [], []
        for claim in subject:
            footing = model.footing(claim.binding) if what == "claim knowing" else None
            given.append(replace(claim, footing=footing))
            expected.append(model.claim(claim))
        assert work.bindings.claim(given) == expected
        won = [
            claim.binding for claim, answer in zip(subject, expected, strict=True) if answer is None
        ]
        left = [before[binding.service_id] for binding in won]
        return {one.device_id for one in (*won, *left) if one is not None}
    if what == "release":
        work.bindings.release(subject)
        return {device for service in subject for device in model.release(service)}
    if what == "limit":
        work.ledger.set_limits(*subject)
        model.limits[subject[0]] = subject[1]
        return {subject[0]}
    closed = model.close(*subject)
    assert work.ledger.end_wiring(*subject, None) is bool(closed)
    return set(closed)


def check(work: UnitOfWork, model: Model) -> None:
    assert {one.service_id: one for one in work.bindings.find(Query())} == model.bindings
    assert work.ledger.accounts() == model.accounts()
    rows = [row for usage in work.ledger.usage().values() for row in usage.networks]
    assert {(row.device_id, row.network_id): row.users for row in rows} == {
        (device, network): len(model.users(device, network))
        for device, networks in model.networks.items()
        for network in networks
    }
    idle = [(row.device_id, row.network_id) for row in work.ledger.idle_networks()]
    assert idle == sorted((row.device_id, row.network_id) for row in rows if not row.users)


def cleared(store: Store) -> None:
    with store.write() as work:
        work.bindings.release(list(SERVICES))
        for device in DEVICES:
            work.ledger.forget(device)
            work.devices.remove(device)
            work.devices.add(a.a_device(device, id=device))
        work.commit()


@pytest.mark.slow
@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(units=units)
def test_stores_do_as_the_model_does(store: Store, units) -> None:
    cleared(store)
    model = Model()
    for steps, commits in units:
        with store.read() as work:
            before = work.feed.position()
        touched: set[str] = set()
        outcome = deepcopy(model)
        with store.write() as work:
            for step in steps:
                touched |= do(work, outcome, step)
                check(work, outcome)
            if commits:
                work.commit()
        if commits:
            model = outcome
        with store.read() as work:
            check(work, model)
            expected = touched if commits else set()
            assert work.feed.changed_since(before.revision) == sorted(expected)
            after = work.feed.position()
            assert after.revision == before.revision + bool(expected)
            assert (after.writer != before.writer) is bool(expected)
