"""The agent is killed before each step of its work; the next one finishes, or undoes."""

import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from adapters.devices.haproxy import NAMESPACE_PLUGIN
from adapters.devices.hosting.wire import namespace_of
from tests.adapters.devices.haproxy.support import Device
from tests.lab.haproxy.lan import leftovers
from tests.lab.haproxy.support import Site

FEWEST_STEPS = 10


def is_killed_at(step: int, device: Device, order, folder: Path) -> bool:
    """Whether a process that carries out the order comes to this step, where it dies."""
    file = folder / "orders"
    file.write_bytes(pickle.dumps((device.state_dir, device.handle, [order])))
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab.haproxy.dying", file, str(step)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def die_at_each_step(
    make_lan, folder: Path, act: Callable[[Site, Callable[..., bool]], bool]
) -> int:
    """Let a device of its own be acted on for each step, until the step is not reached any more;
    how many steps there were. `act` gets the load balancer and what carries out its order, and
    says whether that was killed."""
    step = 0
    killed = True
    site = None
    while killed:
        device = Device(folder / str(step), NAMESPACE_PLUGIN)
        if site is None:
            site = Site(device, make_lan("10.0.0.0/24"), make_lan("10.9.0.0/24"))
        site.device = device
        site.wire()
        killed = act(site, partial(is_killed_at, step, device, folder=folder))
        device.driver.retire(device.handle)
        device.driver.close(stop_devices=False)
        assert leftovers() == set(), step
        step += 1
    return step


@pytest.mark.slow
def test_an_agent_that_dies_while_it_brings_in_a_service(make_lan, tmp_path):
    def act(site, is_killed):
        order = site.order()
        killed = is_killed(order)
        site.device.run(order)
        site.client.run("ip", "neigh", "flush", "all")
        assert site.answers
        return killed

    assert die_at_each_step(make_lan, tmp_path, act) > FEWEST_STEPS


@pytest.mark.slow
def test_an_agent_that_dies_while_it_brings_in_a_service_that_is_not_wanted_any_more(
    make_lan, tmp_path
):
    """Then nobody orders what it was at, and its leftovers are found all the same."""

    def act(site, is_killed):
        killed = is_killed(site.order())
        site.device.run(site.balancer.removal())
        assert leftovers() == set()
        return killed

    assert die_at_each_step(make_lan, tmp_path, act) > FEWEST_STEPS


@pytest.mark.slow
def test_an_agent_that_dies_while_it_removes_a_service(make_lan, tmp_path):
    def act(site, is_killed):
        site.device.run(site.order())
        site.device.driver.close(stop_devices=False)
        removal = site.balancer.removal()
        killed = is_killed(removal)
        site.device.open()
        site.device.run(removal)
        assert leftovers() == set()
        return killed

    assert die_at_each_step(make_lan, tmp_path, act) > 5


def test_a_namespace_that_was_begun_only_is_finished(site):
    """The file is there that it would be mounted on."""
    directory = Path("/run/netns")
    (directory / namespace_of(site.device.id, site.a.id)).touch()
    site.device.run(site.order())
    assert site.answers
