"""HAProxy outlives the agent, and is started again when it dies itself."""

import contextlib
import errno
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from adapters.devices.haproxy import PLUGIN, find_binary, instance
from adapters.devices.haproxy.master import Master, MasterGone
from adapters.devices.haproxy.parameters import SCHEMA
from adapters.devices.haproxy.preamble import MOST_DRAINING_RELOADS
from adapters.devices.haproxy.process import Process
from adapters.devices.haproxy.store import Store
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
import sys, time, msgspec
from pathlib import Path
from adapters.devices.haproxy import PLUGIN
from core.domain.messages import DeviceHandle, ServiceOrder
driver = PLUGIN.open(Path(sys.argv[1]))
device = DeviceHandle(id=sys.argv[2], name="d", driver="haproxy", version=None, parameters={})
order = msgspec.json.decode(sys.argv[3], type=ServiceOrder)
print(driver.apply(device, [order], complete=True)[0].failure, flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_killing_the_agent_leaves_traffic_alone(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    order = balancer.order()
    agent = subprocess.Popen(
        [sys.executable, "-c", AGENT, device.state_dir, device.id, msgspec.json.encode(order)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        start_new_session=True,
    )
    with agent:
        assert agent.stdout is not None
        line = ""
        while line != "None\n":
            line = agent.stdout.readline()
            assert line
        os.killpg(agent.pid, signal.SIGKILL)
    assert balancer.ask() == "a"
    before = device.processes()
    assert device.apply(order, complete=True) == [None]
    observation = device.driver.observe(device.handle)
    assert (observation.failure, observation.note) == (None, "")
    assert device.processes() == before
    device.run(balancer.order(members=()))
    assert balancer.ask() == "503"


@pytest.mark.parametrize("victim", ["master", "worker"])
def test_a_killed_haproxy_is_started_again_unasked(
    victim: str, device: Device, members: Members
) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    before = device.processes()
    os.kill(getattr(before, victim), signal.SIGKILL)
    eventually(lambda: _master_is_new(device, before.master))
    assert balancer.ask() == "a"
    note = device.driver.observe(device.handle).note
    assert note.startswith("restarted 1 time, last because process ")
    if victim == "master":
        assert note.endswith("was killed by SIGKILL")


def test_any_call_starts_a_dead_haproxy(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    device.driver.close(stop_devices=False)
    for count, call in enumerate(
        [
            lambda driver: driver.probe(device.handle),
            lambda driver: driver.observe(device.handle),
            lambda driver: driver.apply(device.handle, [], complete=False),
        ],
        start=1,
    ):
        os.kill(device.processes().master, signal.SIGKILL)
        eventually(lambda: not balancer.open())
        driver = device.open()
        driver.close(stop_devices=False)
        call(driver)
        assert balancer.ask() == "a"
        assert driver.observe(device.handle).note.startswith(f"restarted {count} time")


@pytest.mark.slow
def test_files_of_a_host_that_was_rebooted_do_not_confuse(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    device.driver.close(stop_devices=False)
    os.kill(device.processes().master, signal.SIGKILL)
    eventually(lambda: not balancer.open())
    with subprocess.Popen(["sleep", "600"]) as bystander:
        (device.directory / "haproxy.pid").write_text(f"{bystander.pid}\n")
        driver = device.open()
        driver.probe(device.handle)
        assert balancer.ask() == "a"
        (device.directory / "haproxy.pid").write_text(f"{bystander.pid}\n")
        driver.retire(device.handle)
        assert not balancer.open()
        assert bystander.poll() is None
        bystander.kill()


def test_an_interrupted_change_is_undone_by_the_next_agent(
    device: Device, members: Members
) -> None:
    one = Balancer(members=(member_spec(members.start("a")),))
    two = Balancer(members=(member_spec(members.start("b")),))
    device.run(one.order())
    good = (device.directory / "haproxy.cfg").read_text()
    device.run(two.order())
    device.driver.close(stop_devices=False)
    # As if the agent had died after the reload, before it noted that the service runs.
    (device.directory / "services" / f"{two.id}.json").unlink()
    (device.directory / "changing").touch()
    device.open().probe(device.handle)
    assert (device.directory / "haproxy.cfg").read_text() == good
    assert one.ask() == "a"
    eventually(lambda: not two.open())


def test_stopped_devices_stay_down_until_asked(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    device.driver.close(stop_devices=False)
    device.open().close(stop_devices=True)
    assert not balancer.open()
    driver = device.open()
    driver.probe(device.handle)
    assert balancer.ask() == "a"
    assert driver.observe(device.handle).note == ""


def test_retire_leaves_nothing(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    before = device.processes()
    device.driver.retire(device.handle)
    assert not balancer.open()
    assert not device.directory.exists()
    for pid in (before.master, *before.workers):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    device.driver.retire(device.handle)


def test_paths_may_be_long_and_odd(tmp_path: Path, members: Members) -> None:
    device = Device(tmp_path / ("long " * 30 + "$'\"#path") / "state")
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    assert balancer.ask() == "a"
    device.driver.close(stop_devices=True)
    device.driver.retire(device.handle)


def test_nobody_else_can_read_or_command(device: Device) -> None:
    device.run(Balancer().order())
    paths = [device.directory, *device.directory.rglob("*")]
    assert {"haproxy.cfg", "master.sock", "stats.sock"} <= {path.name for path in paths}
    modes = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in paths}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_the_agents_secrets_are_not_in_haproxys_environment(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIERHEAD_TEST_SECRET", "hidden")
    device.driver.probe(device.handle)
    shown = Master(device.directory).ask_worker(device.worker, "show env")
    assert "PATH=" in shown
    assert "hidden" not in shown


@pytest.mark.slow
def test_haproxy_that_does_not_answer_is_replaced(device: Device, members: Members) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    device.driver.close(stop_devices=False)
    old = device.processes().master
    (device.directory / "master.sock").unlink()
    driver = device.open()
    driver.probe(device.handle)
    assert _master_is_new(device, old)
    assert balancer.ask() == "a"
    note = f"restarted 1 time, last because process {old} did not answer, was stopped"
    assert driver.observe(device.handle).note == note
    driver.close(stop_devices=False)


def test_a_master_that_leaves_one_question_open_is_left_alone(
    device: Device, members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    before = device.processes()

    def silence(self: Master, timeout: float = 0) -> None:
        raise MasterGone("timed out")

    with monkeypatch.context() as patch:
        patch.setattr(instance, "ANSWER_TIMEOUT", 0.05)
        patch.setattr(Master, "processes", silence)
        device.driver.probe(device.handle)
        assert device.driver.observe(device.handle).failure == "timed out"
    assert device.processes() == before
    assert balancer.ask() == "a"
    assert device.driver.observe(device.handle).note == ""


@pytest.mark.slow
def test_workers_that_drain_are_few_enough_to_be_listed(device: Device) -> None:
    device.parameters = {"threads": 1}
    balancer = Balancer()
    device.run(balancer.order())
    master = Master(device.directory)
    with contextlib.ExitStack() as clients:
        for _ in range(MOST_DRAINING_RELOADS + 10):
            client = socket.create_connection((balancer.address, balancer.port))
            clients.enter_context(client).sendall(b"GET / HTTP/1.1\r\n")
            master.reload()
        eventually(lambda: len(device.processes().draining) <= MOST_DRAINING_RELOADS)
        assert len(device.processes().draining) >= MOST_DRAINING_RELOADS // 2, "none drained"
        assert len(master.ask("show proc")) < 8192, "a buffer has 16 KiB"


@pytest.mark.slow
@pytest.mark.parametrize("kill", [True, False], ids=["and killed", "while running"])
def test_a_lost_directory_is_made_again(kill: bool, device: Device, members: Members) -> None:
    spec = member_spec(members.start("a"))
    balancers = [Balancer(members=(spec,)) for _ in range(2)]
    orders = [balancer.order() for balancer in balancers]
    device.run(*orders)
    master = device.processes().master
    shutil.rmtree(device.directory)
    if kill:
        os.kill(master, signal.SIGKILL)
    assert device.driver.observe(device.handle).failure is None
    assert [each.ask() for each in balancers] == ["a", "a"]
    kept = {path.stem for path in (device.directory / "services").iterdir()}
    assert kept == {each.id for each in balancers}
    device.driver.close(stop_devices=True)
    device.open().probe(device.handle)
    assert [each.ask() for each in balancers] == ["a", "a"]


@pytest.mark.slow
def test_nothing_is_stopped_that_could_not_be_started(
    device: Device, members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    balancer = Balancer(members=(member_spec(members.start("a")),))
    device.run(balancer.order())
    master = device.processes().master
    (device.directory / "master.sock").unlink()

    def refuse(self: Store) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(instance, "ANSWER_TIMEOUT", 0.05)
        patch.setattr(Store, "prepare", refuse)
        with pytest.raises(DeviceFailure, match="No space left"):
            device.driver.probe(device.handle)
    os.kill(master, 0)
    assert balancer.ask() == "a"


def test_a_surprise_with_one_device_does_not_end_the_watch_over_others(
    device: Device, members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = replace(device.handle, id="odd")
    real = instance.Instance.revive
    surprised = threading.Event()

    def revive(self: instance.Instance) -> None:
        if self.device_id == odd.id:
            surprised.set()
            raise RuntimeError("never seen before")
        real(self)

    monkeypatch.setattr(instance.Instance, "revive", revive)
    device.driver.retire(odd)
    device.driver.probe(odd)
    try:
        assert surprised.wait(10)
        balancer = Balancer(members=(member_spec(members.start("a")),))
        device.run(balancer.order())
        before = device.processes().master
        os.kill(before, signal.SIGKILL)
        eventually(lambda: _master_is_new(device, before))
    finally:
        device.driver.retire(odd)


def test_a_retirement_that_the_system_refuses_is_told(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    device.run(Balancer().order())

    def refuse(self: Process) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(Process, "stop", refuse)
        with pytest.raises(DeviceFailure, match="Operation not permitted"):
            device.driver.retire(device.handle)
    assert device.directory.exists()


@pytest.mark.slow
def test_a_haproxy_that_reloads_is_not_taken_for_dead(device: Device) -> None:
    device.run(Balancer().order())
    pid = device.processes().master
    process = Process(device.directory, device.directory / "haproxy.cfg")
    reloads = threading.Thread(
        target=lambda: [Master(device.directory).reload() for _ in range(20)]
    )
    reloads.start()
    seen = set()
    while reloads.is_alive():
        seen.add(process.pid())
    assert seen == {pid}


def test_missing_binary_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DeviceFailure, match=r"HAProxy was not found: install haproxy 2\.8"):
        find_binary()


def test_a_new_enough_haproxy_on_path_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = find_binary()
    own = tmp_path / "haproxy"
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for version, path in (("2.8.1-x", own), ("2.7.9", packaged.path), ("3.2.0", own)):
        own.write_text(f"#!/bin/sh\necho 'HAProxy version {version} 2030/01/01'\n")
        own.chmod(0o755)
        os.utime(own, ns=(0, time.time_ns()))
        found = find_binary()
        assert found.path == path
    assert found.version == "3.2.0"


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"threads": 0}, "threads: 0 is less than the minimum of 1"),
        ({"threads": "2"}, "threads: '2' is not of type 'integer'"),
        ({"nonsense": 1}, "parameters: Additional properties are not allowed"),
        ({"binary": "/bin/true"}, "/bin/true is not HAProxy: install haproxy"),
        ({"binary": "/nowhere"}, "/nowhere cannot be run"),
    ],
)
def test_parameters_that_cannot_be_are_named(
    parameters: dict[str, object], reason: str, device: Device
) -> None:
    device.parameters = parameters
    with pytest.raises(DeviceFailure) as caught:
        device.driver.probe(device.handle)
    assert reason in str(caught.value)
    assert reason in str(device.driver.observe(device.handle).failure)
    assert "\n" not in str(caught.value)


def test_state_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    device = Device(tmp_path / "file")
    with pytest.raises(DeviceFailure, match="Not a directory"):
        device.driver.probe(device.handle)
    device.driver.close(stop_devices=False)


def test_plugin_is_found_by_its_entry_point() -> None:
    from importlib.metadata import entry_points

    (found,) = entry_points(group="pierhead.drivers", name="haproxy")
    assert found.load() is PLUGIN
    assert PLUGIN.advisor.info.name == "haproxy"


def _master_is_new(device: Device, old: int) -> bool:
    try:
        processes = device.processes()
    except MasterGone:
        return False
    return processes.master != old and processes.worker is not None


def test_tenants_set_nothing_that_costs_the_host() -> None:
    kept = {name for name, each in SCHEMA["properties"].items() if each.get("x-admin-only")}
    assert kept == {"binary", "threads", "max_connections", "drain_timeout_seconds"}


def test_importing_the_driver_is_cheap() -> None:
    heavy = ("jsonschema", "msgspec", "structlog", "hypothesis")
    code = f"import sys, adapters.devices.haproxy; print([n for n in {heavy} if n in sys.modules])"
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert shown.stdout == "[]\n"
