"""What all tests of split deployments begin with."""

from collections.abc import Iterator

import pytest

from tests.split.kill.zygote import SHORT_PAUSES, Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """What all roles are forks of."""
    with Zygote(SHORT_PAUSES) as zygote:
        yield zygote
