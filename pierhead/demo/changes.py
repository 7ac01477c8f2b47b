"""What happens to a VIP in its life, under clients that never stop asking."""

import socket
import time

from pierhead.demo.api import Json, Kind
from pierhead.demo.checks import check_all_refused, check_none_failed, check_parts, check_same
from pierhead.demo.errors import NotObserved
from pierhead.demo.members import WebServer
from pierhead.demo.polling import until
from pierhead.demo.processes import wait_until_gone
from pierhead.demo.scene import BURST, Scene
from pierhead.demo.traffic import Stream, burst

_SECONDS = 15.0
_TENANTS = (Kind.VIP, Kind.POOL, Kind.MEMBER, Kind.HEALTH_MONITOR, Kind.SUBNET)
_FLEET = (Kind.DEVICE, Kind.BINDING, Kind.SERVICE_TYPE)


class Changes:
    """Makes changes to a scene and checks each. `weights` is what traffic should follow."""

    def __init__(self, scene: Scene, stream: Stream) -> None:
        self._scene = scene
        self._stream = stream
        self._report = scene.report
        self._tenant = scene.tenant
        self._weights = dict.fromkeys(scene.members, 1)

    def set_weight(self, name: str, weight: int) -> None:
        """More requests for one member."""
        self._change_member(f"{name} gets weight {weight}", name, {"weight": weight}, weight)

    def take_out(self, name: str) -> None:
        """No requests for one member, by the tenant's wish."""
        self._change_member(f"{name} is taken out by hand", name, {"admin_state_up": False}, 0)

    def put_back(self, name: str) -> None:
        """Undo `take_out`."""
        self._change_member(f"{name} is put back", name, {"admin_state_up": True}, 1)

    def lose(self, server: WebServer) -> None:
        """A member dies; the health monitor must notice."""
        with self._report.step(f"{server.name} dies, the monitor takes it out") as step:
            began = time.monotonic()
            server.kill()
            self._tenant.wait_for_status(
                Kind.MEMBER,
                self._scene.members[server.name]["id"],
                "INACTIVE",
                seconds=_SECONDS,
            )
            detected = time.monotonic()
            step.seconds = detected - began
            self._weights[server.name] = 0
            step.burst = burst(self._scene.target, BURST)
            check_parts(step.burst, self._weights, f"after {server.name} was taken out")
            step.meanwhile = self._stream.between(began)
            check_none_failed(self._stream.between(detected), "after the monitor noticed")
            early = self._stream.between(began, detected)
            step.note = (
                f"INACTIVE after {step.seconds:.2f} s, in which {early.failed} of"
                f" {early.total} requests failed; none since"
            )

    def restart_daemon(self) -> None:
        """The daemon dies without warning and comes back; traffic must not notice."""
        daemon = self._scene.daemon
        with self._report.step("kill -9 of the daemon, and restart") as step:
            before, processes = self._stored(), daemon.device_processes
            began = time.monotonic()
            daemon.kill()
            if daemon.answers():
                raise NotObserved("the API is down after kill -9: it still answers")
            step.burst = burst(self._scene.target, BURST)
            check_parts(step.burst, self._weights, "while the daemon is dead")
            down = time.monotonic() - began
            started = daemon.start()
            self._wait_for_same(before)
            check_parts(
                burst(self._scene.target, BURST), self._weights, "after the daemon came back"
            )
            if not processes & daemon.device_processes:
                raise NotObserved("the same HAProxy goes on: all of its processes are new")
            step.seconds = time.monotonic() - began
            step.meanwhile = self._stream.between(began)
            check_none_failed(step.meanwhile, "during kill -9 and restart")
            step.note = (
                f"API down for {down + started:.2f} s; same state and same HAProxy afterwards"
            )

    def delete_vip(self) -> None:
        """The tenant wants it no more. The stream must have been stopped."""
        vip_id = self._scene.vip["id"]
        with self._report.step("the VIP is deleted, the port closed") as step:
            self._tenant.delete(Kind.VIP, vip_id)
            self._tenant.wait_until_gone(Kind.VIP, vip_id, seconds=_SECONDS)
            until(lambda: _refuses(self._scene.target), what="the port is closed", seconds=2)
            step.burst = burst(self._scene.target, BURST)
            check_all_refused(step.burst)
            step.note = f"all of {step.burst.failed} requests refused: nobody listens there"

    def clear(self) -> None:
        """Remove what is left, the devices and their processes last."""
        daemon, operator = self._scene.daemon, self._scene.operator
        with self._report.step("the devices are removed") as step:
            self._tenant.delete(Kind.POOL, self._scene.pool["id"])
            self._tenant.delete(Kind.HEALTH_MONITOR, self._scene.monitor["id"])
            processes = len(daemon.device_processes)
            for device in self._scene.devices.values():
                operator.delete(Kind.DEVICE, device["id"])
            until(
                lambda: not daemon.device_processes,
                what="the devices' processes end",
                seconds=_SECONDS,
            )
            daemon.stop()
            wait_until_gone(daemon.directory, seconds=2)
            step.note = f"{processes} HAProxy processes ended, and the daemon on SIGTERM"

    def _change_member(self, title: str, name: str, fields: Json, weight: int) -> None:
        with self._report.step(title) as step:
            began = time.monotonic()
            member_id = self._scene.members[name]["id"]
            self._tenant.update(Kind.MEMBER, member_id, **fields)
            self._scene.wait_active()
            self._tenant.wait_for_status(Kind.MEMBER, member_id, "ACTIVE", seconds=_SECONDS)
            step.seconds = time.monotonic() - began
            self._weights[name] = weight
            step.burst = burst(self._scene.target, BURST)
            check_parts(step.burst, self._weights, f"after {title}")
            step.meanwhile = self._stream.between(began)
            check_none_failed(step.meanwhile, f"while {title}")

    def _stored(self) -> dict[str, object]:
        """Everything that the tenant and the operator see of their objects."""
        return {
            f"{kind.one} {item['id']}": item
            for api, kinds in ((self._tenant, _TENANTS), (self._scene.operator, _FLEET))
            for kind in kinds
            for item in api.find(kind)
        }

    def _wait_for_same(self, before: dict[str, object]) -> None:
        """A status may need a moment until the first look at the device."""
        try:
            until(lambda: self._stored() == before, what="the state is the same", seconds=5)
        except NotObserved:
            check_same(before, self._stored(), "after the restart")
            raise


def _refuses(target: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        try:
            probe.connect(target)
        except ConnectionRefusedError:
            return True
        return False
