"""Fixtures: networks that are gone afterwards, and a device that leaves nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.devices.haproxy import NAMESPACE_PLUGIN
from tests.adapters.devices.haproxy.support import Device
from tests.lab.haproxy.lan import Lan, leftovers
from tests.lab.haproxy.support import Site


@pytest.fixture
def make_lan() -> Iterator[Callable[..., Lan]]:
    made: list[Lan] = []

    def make(*given: Any, kind: type[Lan] = Lan, **options: Any) -> Lan:
        made.append(kind(*given, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    made = Device(tmp_path, NAMESPACE_PLUGIN)
    yield made
    made.driver.retire(made.handle)
    made.driver.close(stop_devices=False)
    assert not made.directory.exists()
    assert leftovers() == set()


@pytest.fixture
def site(device: Device, make_lan: Callable[..., Lan]) -> Site:
    """A load balancer between two networks, with its client and a member."""
    return Site(device, make_lan("10.0.0.0/24"), make_lan("10.9.0.0/24"))
