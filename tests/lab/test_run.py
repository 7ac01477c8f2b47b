"""Commands run in namespaces of their own, and leave nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.lab import run
from tests.lab.environment import ROOT
from tests.lab.netns import namespace
from tests.servers.openvswitch import openvswitch

RUN = [sys.executable, "-m", "tests.lab.run"]


def done(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, *command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def wait_until(holds) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def processes_with(word: str) -> list[str]:
    """Those of this machine with an argument."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if word.encode() in arguments:
            found.append(path.parent.name)
    return found


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 128 + 15)]
)
def test_the_status_is_the_commands(script, status):
    assert done("sh", "-c", script).returncode == status


def test_there_is_a_loopback_interface_and_nothing_of_ours():
    with namespace() as ours:
        told = done("sh", "-c", "ls /sys/class/net; ip netns; ip netns add inside; ip -br link")
        assert told.stdout.split()[:3] == ["lo", "lo", "UNKNOWN"], told
        assert Path(f"/run/netns/{ours.name}").exists()
    assert not Path("/run/netns/inside").exists()


def test_what_a_command_leaves_running_ends_with_it():
    assert done("sh", "-c", "sleep 7001 & exit 0").returncode == 0
    wait_until(lambda: not processes_with("7001"))


def test_a_switch_leaves_no_interfaces(labs):
    labs.close()
    before = interfaces()
    with openvswitch() as switch:
        switch.add_bridge("br-test")
        assert "br-test" in interfaces()
        assert "br-test" in switch.appctl("dpif/show")
        folder = switch.folder
    wait_until(lambda: interfaces() == before)
    assert not folder.exists()


def interfaces() -> set[str]:
    return {path.name for path in Path("/sys/class/net").iterdir()}


def test_a_request_to_stop_reaches_the_command():
    script = "trap 'echo stopped; exit 3' TERM; echo ready; while :; do sleep 0.1; done"
    with subprocess.Popen(
        [*RUN, "sh", "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as runner:
        assert runner.stdout.readline() == "ready\n"
        runner.terminate()
        assert runner.stdout.read() == "stopped\n"
    assert runner.returncode == 3


def test_all_ends_when_the_runner_is_killed():
    with subprocess.Popen(
        [*RUN, "sh", "-c", "sleep 7002 & echo ready; sleep 7002"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as runner:
        assert runner.stdout.readline() == "ready\n"
        wait_until(lambda: len(processes_with("7002")) == 2)
        os.kill(runner.pid, signal.SIGKILL)
        wait_until(lambda: not processes_with("7002"))


def test_a_command_that_is_not_there():
    told = done("no-such-command")
    assert (told.returncode, told.stderr) == (2, "no-such-command is not there to be run\n")


def test_no_command(capsys):
    assert run.main([]) == 2
    assert capsys.readouterr().err.startswith("usage: ")


def test_only_root_may(monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert run.main(["true"]) == 2
    told = capsys.readouterr().err
    assert "root" in told
    assert told.count("\n") == 1


def test_what_is_missing_is_said(monkeypatch, capsys):
    monkeypatch.setattr(run, "missing", lambda: ["openvswitch-switch"])
    assert run.main(["true"]) == 2
    told = capsys.readouterr().err
    assert "openvswitch-switch" in told
    assert told.count("\n") == 1
