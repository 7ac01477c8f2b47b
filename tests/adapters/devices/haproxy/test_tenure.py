"""Agents of one host that share the state directory keep out of each other's way."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from adapters.devices.exclusive import exclusive
from adapters.devices.haproxy import Binary, tenure
from adapters.devices.haproxy.process import Process
from core.domain.messages import DeviceHandle, ServiceOrder
from core.ports.device_driver import DeviceFailure
from tests.adapters.devices.haproxy.support import (
    Balancer,
    Device,
    Members,
    eventually,
    member_spec,
)

REPOSITORY = Path(__file__).resolve().parents[4]

AGENT = """
import json, os, signal, sys, msgspec
from pathlib import Path
from adapters.devices.haproxy import PLUGIN, tenure
from adapters.devices.haproxy.master import Master
from core.domain.messages import DeviceHandle, ServiceOrder
from core.ports.device_driver import DeviceFailure

class Stopping(Master):
    real = Master.reload
    def reload(self):
        os.kill(os.getpid(), signal.SIGSTOP)
        Stopping.real(self)

answers, sys.stdout = sys.stdout, sys.stderr
tenure.TURN_TIMEOUT = 0.1
driver = PLUGIN.open(Path(sys.argv[1]))
device = DeviceHandle(
    id=sys.argv[2], name="d", driver="haproxy", version=None, parameters={}, epoch=int(sys.argv[3])
)
for line in sys.stdin:
    command = json.loads(line)
    Master.reload = Stopping.reload if command["stop"] else Stopping.real
    order = msgspec.convert(command["order"], ServiceOrder)
    try:
        answer = driver.apply(device, [order], complete=False)[0].failure
    except DeviceFailure as failure:
        answer = str(failure)
    print(json.dumps(answer), flush=True, file=answers)
"""


class AgentProcess:
    """Another agent, in a process of its own."""

    def __init__(self, device: Device, epoch: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", AGENT, device.state_dir, device.id, str(epoch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=REPOSITORY,
            start_new_session=True,
        )
        self.pid = self._process.pid

    def order(self, order: ServiceOrder, *, stop: bool = False) -> None:
        """Have it apply an order; `stop`: and stop before HAProxy is told to reload."""
        assert self._process.stdin
        command = {"order": msgspec.to_builtins(order), "stop": stop}
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        if stop:
            eventually(self._is_stopped)

    def answer(self) -> str | None:
        """What became of the order."""
        assert self._process.stdout
        told: str | None = json.loads(self._process.stdout.readline())
        return told

    def apply(self, order: ServiceOrder) -> str | None:
        self.order(order)
        return self.answer()

    def _is_stopped(self) -> bool:
        pid, status = os.waitpid(self.pid, os.WUNTRACED | os.WNOHANG)
        assert pid == 0 or os.WIFSTOPPED(status), "it ended"
        return pid != 0

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        with self._process:
            pass


@pytest.fixture
def agents(device: Device) -> Iterator[dict[int, AgentProcess]]:
    """Agents by the epoch in which each has the device."""
    started = {epoch: AgentProcess(device, epoch) for epoch in (1, 2)}
    yield started
    for each in started.values():
        each.kill()
    device.epoch = 3


@pytest.mark.slow
def test_an_agent_that_was_stopped_in_mid_apply_does_not_undo_what_its_successor_did(
    device: Device, members: Members, agents: dict[int, AgentProcess]
) -> None:
    first, second = agents[1], agents[2]
    balancer = Balancer(members=(member_spec(members.start("a")),))
    assert first.apply(balancer.order()) is None
    orders = [_other_member(balancer, members, name) for name in ("b", "c", "d")]
    first.order(orders[0], stop=True)
    assert second.apply(orders[1]) == f"another process (pid {first.pid}) is at work on it"
    assert balancer.ask() == "a"
    first.go_on()
    assert first.answer() is None
    assert eventually(lambda: second.apply(orders[1]) is None)
    assert balancer.ask() == "c"
    assert first.apply(orders[2]) == ("another agent has the device: epoch 1 is over, 2 has begun")
    assert balancer.ask() == "c"
    kept = json.loads((device.directory / "services" / f"{balancer.id}.json").read_bytes())
    assert kept["revision"] == orders[1].revision


@pytest.mark.slow
def test_an_agent_that_was_killed_in_mid_apply_holds_nobody_up(
    device: Device, members: Members, agents: dict[int, AgentProcess]
) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    assert agents[1].apply(balancer.order()) is None
    master = device.processes().master
    agents[1].order(_other_member(balancer, members, "b"), stop=True)
    agents[1].kill()
    assert agents[2].apply(_other_member(balancer, members, "c")) is None
    assert balancer.ask() == "c"
    assert device.processes().master == master, "HAProxy was started anew"


@pytest.mark.slow
def test_devices_of_a_dead_agent_are_stopped_with_the_others(
    device: Device, members: Members, agents: dict[int, AgentProcess]
) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    assert agents[1].apply(balancer.order()) is None
    device.driver.close(stop_devices=True)
    assert balancer.ask() == "a", "its agent lives"
    agents[1].kill()
    device.open().close(stop_devices=True)
    assert not balancer.open()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["released", "overtaken"])
def test_an_agent_starts_nothing_again_that_it_has_no_more(how: str, device: Device) -> None:
    lost, kept = replace(device.handle, id="lost", epoch=1), replace(device.handle, epoch=1)
    driver = device.driver
    for each in (lost, kept):
        driver.probe(each)
    left = _master(device, lost)
    if how == "released":
        driver.release(lost)
    else:
        other = device.open()
        other.probe(replace(lost, epoch=2))
        other.close(stop_devices=False)
    os.kill(left, signal.SIGKILL)
    # The watch goes round: it has passed the one once it has started the other twice.
    first = _master(device, kept)
    second = _started_after(device, kept, first)
    assert _started_after(device, kept, second)
    assert _master(device, lost) == left, "another one was started"
    driver.retire(replace(lost, epoch=2))
    device.epoch = 1


@pytest.mark.slow
def test_an_agent_that_is_given_a_device_again_goes_on_watching_it(device: Device) -> None:
    device.driver.probe(replace(device.handle, epoch=1))
    device.epoch = 2
    device.driver.probe(device.handle)
    device.driver.release(replace(device.handle, epoch=1))
    assert _started_after(device, device.handle, _master(device, device.handle))


@pytest.mark.slow
def test_a_release_waits_for_a_restart_that_is_under_way(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    starting, may_start = threading.Event(), threading.Event()
    started = []
    real = Process.start

    def start(self: Process, binary: Binary) -> None:
        starting.set()
        assert may_start.wait(10)
        real(self, binary)
        started.append(binary)

    device.driver.probe(device.handle)
    monkeypatch.setattr(Process, "start", start)
    os.kill(_master(device, device.handle), signal.SIGKILL)
    assert starting.wait(10)
    threading.Timer(0.1, may_start.set).start()
    device.driver.release(device.handle)
    assert started


def test_a_call_does_not_wait_for_ever_for_another_process(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    device.driver.probe(device.handle)
    monkeypatch.setattr(tenure, "TURN_TIMEOUT", 0.05)
    calls = [
        lambda: device.driver.probe(device.handle),
        lambda: device.driver.apply(device.handle, [], complete=True),
        lambda: device.driver.retire(device.handle),
    ]
    with exclusive(device.state_dir / ".epochs" / device.id, 10.0):
        for call in calls:
            with pytest.raises(DeviceFailure, match=r"another process .* is at work"):
                call()
        assert "at work" in (device.driver.observe(device.handle).failure or "")
    assert device.driver.observe(device.handle).failure is None


def test_epochs_of_devices_that_are_gone_are_forgotten_in_the_end(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = device.state_dir / ".epochs"
    gone, fresh, uncounted = (replace(device.handle, id=name) for name in ("g", "f", "u"))
    device.driver.probe(device.handle)
    for each in (gone, fresh):
        device.driver.retire(replace(each, epoch=4))
    old = time.time() - tenure.KEPT_FOR - 1
    for name in ("g", "f", device.id):
        os.utime(files / name, (old, old))
    monkeypatch.setattr(tenure, "SWEEP_EVERY", 0.0)
    monkeypatch.setattr(device.driver._tenures, "_sweep_at", 0.0)
    device.driver.retire(replace(fresh, epoch=4))
    device.driver.retire(uncounted)
    assert {each.name for each in files.iterdir()} == {"f", device.id}


def _master(device: Device, handle: DeviceHandle) -> int:
    """The pid that the device's HAProxy has or had."""
    return int((device.state_dir / handle.id / "haproxy.pid").read_text() or 0)


def _started_after(device: Device, handle: DeviceHandle, killed: int) -> int:
    """Kill a HAProxy, and return the pid of the next one."""
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: _master(device, handle) not in (0, killed))
    return _master(device, handle)


def _other_member(balancer: Balancer, members: Members, name: str) -> ServiceOrder:
    """An order for another member and another number of connections, which takes a reload."""
    balancer.listener = {"connection_limit": 100 + ord(name)}
    return balancer.order(members=(member_spec(members.start(name)),))
