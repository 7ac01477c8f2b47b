import pytest

from tests.core.usecases.fleet.shop import Shop


@pytest.fixture
def shop():
    return Shop()
