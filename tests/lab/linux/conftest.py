"""Fixtures: a daemon that leaves nothing behind, and its tenants."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.haproxy.lan import Lan, leftovers
from tests.lab.linux.daemon import DRIVER, Daemon
from tests.lab.linux.tenant import BACK, FRONT, Tenant


@pytest.fixture
def lans() -> Iterator[Callable[[Lan], Lan]]:
    """Keeps networks until the end, when nothing else is left."""
    made: list[Lan] = []

    def keep(lan: Lan) -> Lan:
        made.append(lan)
        return lan

    yield keep
    for each in made:
        each.close()
    assert leftovers() == set()


@pytest.fixture
def daemon(tmp_path: Path, lans: Callable[[Lan], Lan]) -> Iterator[Daemon]:
    made = Daemon(tmp_path / "state", "linux")
    made.start()
    yield made
    made.remove_devices()
    made.stop()


@pytest.fixture
def device(daemon: Daemon) -> Any:
    made = daemon.make("fleet/devices", name="lb1", driver=DRIVER)
    daemon.await_status("fleet/devices", made["id"], "ONLINE")
    return made


@pytest.fixture
def tenants(daemon: Daemon, lans: Callable[[Lan], Lan]) -> list[Tenant]:
    return [
        Tenant(name, number, daemon, (lans(Lan(FRONT)), None), (lans(Lan(BACK)), None))
        for name, number in (("red", 201), ("blue", 202))
    ]
