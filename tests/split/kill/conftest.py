"""A scene for one test, on servers that all tests of the process share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.split.kill.forked import ForkedSite
from tests.split.kill.scene import Scene
from tests.split.kill.truth import Truth
from tests.split.kill.zygote import Zygote


@pytest.fixture
def scene(
    zygote: Zygote, postgresql_url: str, rabbitmq_url: str, rabbitmq_prefix: str, tmp_path: Path
) -> Iterator[Scene]:
    """A scene on which nobody is yet."""
    with (
        ForkedSite(
            zygote, postgresql_url, rabbitmq_url, tmp_path, amqp_prefix=rabbitmq_prefix
        ) as site,
        Truth(postgresql_url, tmp_path / "devices") as truth,
    ):
        yield Scene(site, truth)
