"""The all-in-one daemon as its own process, with real HAProxy and real traffic."""

import os
import signal
import subprocess
import sys

import requests

from features.deployments.processes import DRIVERS, OBSERVE_SECONDS, ProcessDeployment
from features.support.polling import eventually

_LOG = "daemon.log"

_START_DEADLINE = 60.0
"""Seconds that a start may take on a busy machine, where imports alone take many."""


class DaemonDeployment(ProcessDeployment):
    """Implements Deployment with ``pierhead serve`` in a temporary state directory."""

    lacks = frozenset({"limited", "split"})

    def __init__(self) -> None:
        super().__init__()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """See Deployment.start."""
        self.begin()
        self._environment = {
            **os.environ,
            "PIERHEAD_DRIVERS": ",".join(DRIVERS),
            "PIERHEAD_OBSERVE_SECONDS": str(OBSERVE_SECONDS),
            "PYTHONPATH": self.python_path,
        }
        self.restart()

    def stop(self) -> None:
        """See Deployment.stop."""
        self.mend()
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
        try:
            eventually(self._assert_nothing_runs)
        finally:
            self.end()

    def kill(self) -> None:
        """See Deployment.kill."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def restart(self) -> None:
        """See Deployment.restart."""
        self.kill()
        command = [sys.executable, "-m", "pierhead", "serve", "--stop-devices"]
        command += ["--port", str(self._port), "--state-dir", str(self._directory / "state")]
        with (self._directory / _LOG).open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        eventually(self._answers, within=_START_DEADLINE)

    def mend(self) -> None:
        """See Deployment.mend."""
        if self._process is None:
            self.restart()

    def _assert_nothing_runs(self) -> None:
        left_over = self.device_processes("")
        assert not left_over, f"--stop-devices left processes: {left_over}"

    def _answers(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            log = (self._directory / _LOG).read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"the daemon ended by itself; its log:\n{log}")
        try:
            answer = requests.get(f"{self.url}/v2.0/fleet/drivers", timeout=5)
        except requests.RequestException as failure:
            raise AssertionError("the daemon does not answer") from failure
        assert answer.status_code == 200, answer.text
