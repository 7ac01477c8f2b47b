"""The database's server goes and another one takes over while everything is in use."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from adapters.persistence.sql import open_sql_store
from core.ports.store import StoreFailure
from tests import builders as a
from tests.servers.galera import Galera, galera
from tests.split.failover.postgres_pair import postgres_pair
from tests.split.failover.trial import trial
from tests.split.kill.zygote import Zygote

OPERATIONS = 25
REFUSALS = 20
"""For four tenants, more than a second without a database: agents' leases end."""


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_with_the_primary(
    zygote: Zygote, rabbitmq_url: str, tmp_path: Path
) -> None:
    with postgres_pair() as pair, trial(zygote, pair.url, (rabbitmq_url,), tmp_path) as all_of_it:
        all_of_it.start()
        all_of_it.work(OPERATIONS)
        pair.kill()
        all_of_it.be_refused(REFUSALS)
        pair.promote()
        all_of_it.work(OPERATIONS)
        pair.replicate()
        pair.stop()
        all_of_it.be_refused(REFUSALS)
        pair.promote()
        all_of_it.work(OPERATIONS)
        all_of_it.end()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Galera]:
    """Three nodes, which take a while to begin."""
    with galera() as cluster:
        yield cluster


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_with_the_node_that_is_written_to(
    zygote: Zygote, cluster: Galera, rabbitmq_url: str, tmp_path: Path
) -> None:
    with trial(zygote, cluster.url, (rabbitmq_url,), tmp_path) as all_of_it:
        all_of_it.start()
        all_of_it.work(OPERATIONS)
        cluster.writer.kill()
        all_of_it.work(OPERATIONS)
        cluster.restart_writer()
        all_of_it.until(cluster.uses_writer, "back at the first node")
        all_of_it.work(OPERATIONS)
        all_of_it.end()


@pytest.mark.slow
def test_of_two_nodes_that_are_written_to_at_once_one_is_refused(cluster: Galera) -> None:
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(closing(open_sql_store(node.url))) for node in cluster.nodes[:2]
        )
        with first.write() as one, second.write() as other:
            for work in (one, other):
                work.feed.position()  # as whoever decides about the fleet
            one.devices.add(a.a_device("one"))
            other.devices.add(a.a_device("other"))
            one.commit()
            with pytest.raises(StoreFailure):
                other.commit()
        for store in (first, second):
            with store.write() as work:
                assert work.devices.get(a.uid("one"))
                assert not work.devices.get(a.uid("other"))
