"""Nodes of a RabbitMQ cluster are killed and come back while everything is in use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.rabbitmq_cluster import RabbitMqCluster, rabbitmq_cluster
from tests.split.failover.trial import trial
from tests.split.kill.zygote import Zygote

OPERATIONS = 25


@pytest.fixture(scope="module")
def cluster() -> Iterator[RabbitMqCluster]:
    """Three nodes, which take a while to begin."""
    with rabbitmq_cluster() as cluster:
        yield cluster


@pytest.mark.slow
def test_work_goes_on_without_the_node_that_leads(
    zygote: Zygote, postgresql_url: str, cluster: RabbitMqCluster, tmp_path: Path
) -> None:
    with trial(zygote, postgresql_url, cluster.urls, tmp_path) as all_of_it:
        reports = f"{all_of_it.site.settings['amqp_prefix']}.reports"
        all_of_it.start()
        all_of_it.work(OPERATIONS)
        first = cluster.leader(reports)
        first.kill()
        all_of_it.work(OPERATIONS)
        first.start()
        # It is of use again: without it, there would be no majority.
        cluster.leader(reports).kill()
        all_of_it.work(OPERATIONS)
        all_of_it.end()
