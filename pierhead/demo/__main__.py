"""Runs the demonstration; the exit status is 0 only when everything was observed."""

import sys
import time

from pierhead.demo.changes import Changes
from pierhead.demo.daemon import Daemon
from pierhead.demo.errors import NotObserved
from pierhead.demo.interruption import EXIT_STATUS, interrupt_on_signals
from pierhead.demo.members import WebServer, start_web_servers
from pierhead.demo.report import Report
from pierhead.demo.scene import Scene, host_of, loopback_pair
from pierhead.demo.traffic import Stream

NAMES = ("alpha", "beta", "gamma")


def main() -> int:
    """The exit status."""
    interrupt_on_signals()
    report = Report(NAMES)
    began = time.monotonic()
    try:
        _run(report)
    except NotObserved as failure:
        report.say(f"not observed: {failure}", "bold red")
        return 1
    except KeyboardInterrupt:
        report.say("interrupted; everything was stopped and removed", "bold red")
        return EXIT_STATUS
    report.say(
        f"Everything claimed was observed, in {time.monotonic() - began:.1f} s;"
        " nothing is left behind.",
        "bold green",
    )
    return 0


def _run(report: Report) -> None:
    client_cidr, server_cidr = loopback_pair()
    with Daemon("pierhead-demo-") as daemon:
        report.say(f"pierhead serve, state in {daemon.directory}", "bold")
        servers = start_web_servers(
            {name: host_of(server_cidr, 201 + n) for n, name in enumerate(NAMES)}
        )
        try:
            scene = _workflow(daemon, report, servers, (client_cidr, server_cidr))
            _life(scene, servers)
        finally:
            for server in servers:
                server.kill()
    if daemon.directory.exists():
        raise NotObserved(f"nothing is left behind: {daemon.directory} is still there")


def _workflow(
    daemon: Daemon, report: Report, servers: list[WebServer], cidrs: tuple[str, str]
) -> Scene:
    with report.step("the daemon and three web servers start") as step:
        step.note = f"it answers at {daemon.url} after {daemon.start():.2f} s"
    report.say("The documented workflow", "bold")
    scene = Scene(daemon, report)
    scene.add_devices()
    scene.create_vip(servers, *cidrs)
    scene.see_binding()
    scene.see_agent()
    scene.see_traffic()
    return scene


def _life(scene: Scene, servers: list[WebServer]) -> None:
    scene.report.say("Its life, under clients that never stop asking", "bold")
    alpha, beta, gamma = NAMES
    stream = Stream([scene.target])
    changes = Changes(scene, stream)
    with stream:
        changes.set_weight(alpha, 4)
        changes.take_out(beta)
        changes.put_back(beta)
        changes.lose(next(server for server in servers if server.name == gamma))
        changes.restart_daemon()
    changes.delete_vip()
    changes.clear()
    scene.report.decision(scene.decision)
    scene.report.answers()


if __name__ == "__main__":
    sys.exit(main())
