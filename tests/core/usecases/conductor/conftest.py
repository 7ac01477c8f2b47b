"""A system in memory with one device, one service type and two networks."""

import pytest

from tests.core.usecases.conductor.lab import Lab


@pytest.fixture
def lab() -> Lab:
    return Lab()
