import pytest

from tests.adapters.http.site import Site


@pytest.fixture
def site():
    return Site()
