"""Fixtures: a device with its driver, and members."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.devices.haproxy.support import Device, Members


@pytest.fixture
def members() -> Iterator[Members]:
    running = Members()
    yield running
    running.stop_all()


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    made = Device(tmp_path)
    yield made
    made.driver.retire(made.handle)
    made.driver.close(stop_devices=False)
    assert not made.directory.exists()
