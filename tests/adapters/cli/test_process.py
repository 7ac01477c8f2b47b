"""The client as a process: pipes, signals and speed of starting."""

import os
import pty
import signal
import subprocess
import sys
import threading

import pytest

PROGRAM = [sys.executable, "-c", "from adapters.cli.app import run; run()"]
ID = "aaaaaaaa-0000-4000-8000-000000000001"


@pytest.fixture
def environment():
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PIERHEAD_")}
    return {**kept, "TERM": "xterm", "COLUMNS": "80"}


def test_a_reader_that_left(replay, environment):
    replay.collection("/v2.0/lb/vips", "vips", [])
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [*PROGRAM, "--url", replay.url, "vip", "list", "--json"],
            stdout=writing,
            stderr=subprocess.PIPE,
            env=environment,
            timeout=20,
            check=False,
        )
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_an_interrupt_is_quiet(replay, environment):
    asked, release = threading.Event(), threading.Event()

    def hold(_):
        asked.set()
        release.wait(20)
        return 200, {"vips": []}

    replay.on("GET", "/v2.0/lb/vips", hold)
    program = subprocess.Popen(
        [*PROGRAM, "--url", replay.url, "vip", "list"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    try:
        assert asked.wait(20)
        program.send_signal(signal.SIGINT)
        out, err = program.communicate(timeout=20)
    finally:
        release.set()
        program.kill()
        program.communicate()
    assert (program.returncode, out, err) == (130, b"", b"")


def test_failures_have_no_traceback(environment):
    ended = subprocess.run(
        [*PROGRAM, "--url", "http://127.0.0.1:1", "vip", "list"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 3
    assert ended.stdout == ""
    assert ended.stderr.startswith("pierhead: cannot reach http://127.0.0.1:1: ")
    assert ended.stderr.count("\n") == 1


def test_waiting_shows_progress_on_a_terminal(replay, environment):
    def vip(status):
        return 200, {"vip": {"id": ID, "name": "web", "status": status, "status_description": ""}}

    replay.on("GET", "/v2.0/lb/vips", (200, {"vips": [vip("ACTIVE")[1]["vip"]]}))
    replay.on("PUT", f"/v2.0/lb/vips/{ID}", vip("PENDING_UPDATE"))
    replay.on("GET", f"/v2.0/lb/vips/{ID}", vip("PENDING_UPDATE"), vip("ACTIVE"))
    ours, theirs = pty.openpty()
    try:
        ended = subprocess.run(
            [*PROGRAM, "--url", replay.url, "vip", "set", "web", "--up", "--wait", "--json"],
            stdout=subprocess.PIPE,
            stderr=theirs,
            env=environment,
            timeout=20,
            check=True,
        )
        shown = os.read(ours, 65536).decode()
    finally:
        os.close(theirs)
        os.close(ours)
    assert b'"status": "ACTIVE"' in ended.stdout
    assert "vip web: PENDING_UPDATE" in shown
    assert shown.endswith("\r\x1b[K")


def test_help_imports_nothing_heavy(environment):
    code = (
        "import sys; from adapters.cli.app import outcome\n"
        "code = outcome(['vip', 'add', '--help'])\n"
        "print(code, [name for name in ('requests', 'rich', 'sqlalchemy') if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        timeout=20,
        check=True,
    )
    assert ended.stdout.splitlines()[-1] == "0 []"
