"""A site on PostgreSQL and RabbitMQ for one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.split.site import Site


@pytest.fixture
def site(
    postgresql_url: str, rabbitmq_url: str, rabbitmq_prefix: str, tmp_path: Path
) -> Iterator[Site]:
    """No role runs yet; all that do are ended with the test."""
    with Site(postgresql_url, rabbitmq_url, tmp_path, amqp_prefix=rabbitmq_prefix) as site:
        yield site
