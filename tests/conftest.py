"""What holds for all tests."""

import signal

import pytest
from hypothesis import HealthCheck, settings

from tests.compiled import outdated
from tests.servers.fixtures import (  # noqa: F401  # fixtures of all tests
    mariadb_server,
    mariadb_tables,
    mariadb_url,
    postgresql_server,
    postgresql_tables,
    postgresql_url,
    rabbitmq_prefix,
    rabbitmq_server,
    rabbitmq_url,
)
from tests.split.fixtures import site  # noqa: F401  # a fixture of all tests

# A runner in the background may have left SIGINT ignored, and every program that the tests
# start would inherit that; some of them are interrupted on purpose.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


def pytest_configure() -> None:
    """Have nobody test other code than what is written."""
    changed = outdated()
    if changed:
        pytest.exit(f"changed since compiled, run `make setup`: {', '.join(changed)}", 2)
