"""Ends of wires appear, are put right, and go."""

import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.devices.haproxy.wording import NOT_WIRED
from adapters.devices.hosting.wire import namespace_of, outer_of
from core.domain.wiring import Plug
from tests.adapters.devices.haproxy.support import Balancer, eventually
from tests.lab.haproxy.lan import interfaces, leftovers
from tests.lab.haproxy.support import MEMBER, Site
from tests.lab.netns import run


def note(device):
    seen = device.driver.observe(device.handle)
    assert seen.failure is None
    return seen.note


def restart(device):
    """Another agent's process comes after this one."""
    device.driver.close(stop_devices=False)
    device.open()


def namespace(site, lan):
    return namespace_of(site.device.id, lan.id)


def test_what_was_ordered_already_is_no_work(site):
    order = site.order()
    site.device.run(order)
    before = (Path("/run/netns") / namespace(site, site.a)).stat().st_ino
    config = site.device.directory / "haproxy.cfg"
    written, worker = config.stat().st_mtime_ns, site.device.worker
    site.device.run(order)
    assert (Path("/run/netns") / namespace(site, site.a)).stat().st_ino == before
    assert (config.stat().st_mtime_ns, site.device.worker) == (written, worker)


def test_other_attachments_of_the_same_revision_are_carried_out(site):
    order = site.order()
    site.device.run(order)
    worker = site.device.worker
    site.wire(number=6, mtu=1300)
    site.device.run(replace(order, attachments=site.balancer.attachments))
    shown = run("ip", "-n", namespace(site, site.a), "address", "show", "eth0")
    assert site.a.with_length(6) in shown
    assert site.a.with_length(5) not in shown
    assert "mtu 1300" in shown
    assert site.balancer.attachments[0].mac in shown
    assert site.device.worker == worker
    site.client.run("ip", "neigh", "flush", "all")
    assert site.answers
    restart(site.device)
    site.device.run(replace(order, attachments=site.balancer.attachments))
    assert site.a.with_length(6) in run("ip", "-n", namespace(site, site.a), "address")


def test_the_last_service_takes_the_wire_with_it(device, make_lan):
    site = Site(device, make_lan("10.0.0.0/24"), make_lan("10.9.0.0/24"))
    device.run(site.order())
    assert len(leftovers()) == 4
    device.run(site.balancer.removal())
    assert leftovers() == set()
    assert not list((device.directory / "wires").iterdir())
    assert {site.a.bridge, site.b.bridge} <= interfaces()


@pytest.mark.parametrize("made_here", [True, False])
def test_a_bridge_that_the_driver_made_goes_with_its_last_port(device, make_lan, made_here):
    lan = make_lan("10.0.0.0/24")
    if not made_here:
        run("ip", "link", "add", lan.bridge, "type", "bridge")
    balancers = [Balancer(network_id=lan.id), Balancer(network_id=lan.id)]
    attachment = lan.attachment(device.id)
    for number, balancer in enumerate(balancers):
        balancer.address, balancer.vip_network = lan.address(100 + number), lan.id
        balancer.attachments = (attachment,)
    device.run(*(each.order() for each in balancers))
    device.run(balancers[0].removal())
    assert lan.bridge in interfaces()
    device.run(balancers[1].removal())
    assert (lan.bridge in interfaces()) is not made_here


def test_haproxy_that_was_killed_serves_again(site):
    site.device.run(site.order())
    pid_file = site.device.directory / "haproxy.pid"
    before = pid_file.read_text()
    os.kill(int(before), signal.SIGKILL)
    eventually(lambda: pid_file.read_text() not in ("", before))
    eventually(lambda: site.client.reaches(site.balancer.address, 80))
    assert site.answers
    assert "repaired" not in note(site.device)


def test_another_agent_takes_over_what_runs(site):
    site.device.run(site.order())
    worker = site.device.worker
    site.device.driver.release(site.device.handle)
    restart(site.device)
    site.device.driver.probe(site.device.handle)
    assert note(site.device) == ""
    assert site.device.worker == worker
    assert site.answers


def test_a_stopped_device_starts_again(site):
    site.device.run(site.order())
    site.device.driver.close(stop_devices=True)
    assert not site.client.reaches(site.balancer.address, 80)
    restart(site.device)
    site.device.driver.probe(site.device.handle)
    assert site.answers


def test_all_is_made_anew_after_a_reboot(site):
    site.device.run(site.order())
    site.device.driver.close(stop_devices=True)
    for lan in (site.a, site.b):
        run("ip", "link", "delete", outer_of(namespace(site, lan)))
        run("ip", "netns", "delete", namespace(site, lan))
    restart(site.device)
    site.device.driver.probe(site.device.handle)
    assert site.answers


def test_a_namespace_that_was_deleted_is_made_again(site, make_lan):
    """HAProxy holds on to the old one, with its sockets, and must be made to let go."""
    other = Site(site.device, make_lan("10.0.0.0/24"), make_lan("10.9.0.0/24"))
    site.device.run(site.order(), other.order())
    assert site.answers
    for lan in (site.a, site.b):
        run("ip", "netns", "delete", namespace(site, lan))
    assert "repaired 2 wires that were changed by hand" in note(site.device)
    assert site.answers
    assert other.answers
    assert not (site.device.directory / "stale-namespaces").exists()


def test_a_namespace_that_was_deleted_is_made_again_by_another_agent(site):
    site.device.run(site.order())
    run("ip", "netns", "delete", namespace(site, site.a))
    restart(site.device)
    site.device.driver.probe(site.device.handle)
    assert site.answers


def test_a_namespace_that_was_deleted_is_made_again_by_an_order(site):
    site.device.run(site.order())
    run("ip", "netns", "delete", namespace(site, site.a))
    site.device.run(site.order())
    assert site.answers


def test_what_somebody_changed_of_a_wire_is_put_right(site):
    site.device.run(site.order())
    inner, outer = namespace(site, site.a), outer_of(namespace(site, site.a))
    for change in (
        ["ip", "-n", inner, "address", "delete", f"{site.balancer.address}/32", "dev", "eth0"],
        ["ip", "-n", inner, "link", "set", "eth0", "down"],
        ["ip", "link", "set", outer, "nomaster"],
        ["ip", "link", "set", outer, "down"],
        ["ip", "link", "delete", outer],
        ["ip", "link", "set", outer, "name", "elsewhere"],
        ["ip", "-n", inner, "address", "add", "10.66.0.1/24", "dev", "eth0"],
        ["ip", "netns", "exec", inner, "sysctl", "-qw", "net.ipv4.ip_forward=1"],
    ):
        run(*change)
        restart(site.device)
        site.device.driver.probe(site.device.handle)
        assert note(site.device) == "repaired 1 wire that was changed by hand", change
        site.client.run("ip", "neigh", "flush", "all")
        assert site.answers
    assert "elsewhere" not in interfaces()
    assert "10.66.0.1" not in run("ip", "-n", inner, "address")


def test_the_default_route_follows_the_attachment(site):
    order = site.order()
    a, b = site.balancer.attachments
    for gateways in (("10.0.0.1",), ("10.0.0.2",), ()):
        wired = (replace(a, gateways=gateways), b)
        site.device.run(replace(order, attachments=wired))
        shown = run("ip", "-n", namespace(site, site.a), "route", "show", "default")
        assert [row.split()[2] for row in shown.splitlines()] == list(gateways)


def test_one_service_without_its_wire_holds_up_no_other(site, make_lan):
    """There is no Open vSwitch here."""
    other = Site(site.device, make_lan("10.0.0.0/24"), make_lan("10.9.0.0/24"))
    other.wire(plug=Plug.PORT, port_id="port")
    assert site.device.apply(other.order(), site.order()) == [NOT_WIRED, None]
    assert site.answers
    assert site.device.apply(other.order()) == [NOT_WIRED]
    assert site.answers
    assert leftovers() == {
        name
        for lan in (site.a, site.b)
        for name in (namespace(site, lan), outer_of(namespace(site, lan)))
    }


def test_a_service_whose_new_wire_fails_goes_on_as_it_was(site):
    site.device.run(site.order())
    a, b = site.balancer.attachments
    site.balancer.attachments = (a, replace(b, bridge="lo"))
    assert site.device.apply(site.order()) == [NOT_WIRED]
    assert "lo is no bridge" in note(site.device)
    assert site.answers
    site.balancer.attachments = (a, b)
    site.device.run(site.order())
    assert note(site.device) == ""


def test_a_network_without_attachment_is_refused(site):
    site.balancer.attachments = site.balancer.attachments[:1]
    (failure,) = site.device.apply(site.order())
    assert failure == f"the device is not connected to network {site.b.id!r}"


def test_leftovers_of_a_device_whose_files_are_lost_go_with_it(site):
    site.device.run(site.order())
    site.device.driver.close(stop_devices=True)
    shutil.rmtree(site.device.directory)
    restart(site.device)
    site.device.driver.retire(site.device.handle)
    assert leftovers() == set()


def test_the_directory_that_was_lost_comes_back(site):
    site.device.run(site.order())
    shutil.rmtree(site.device.directory)
    assert "restarted" in note(site.device)
    assert site.answers
    assert {path.stem for path in (site.device.directory / "wires").iterdir()} == {
        namespace(site, lan) for lan in (site.a, site.b)
    }


def test_the_member_is_the_only_thing_that_answers(site):
    """Nothing of the host listens in the tenants' networks."""
    site.device.run(site.order())
    for lan in (site.a, site.b):
        inner = namespace(site, lan)
        shown = run("ip", "netns", "exec", inner, "ss", "-Hltun").splitlines()
        wanted = [f"{site.balancer.address}:80"] if lan is site.a else []
        assert [row.split()[4] for row in shown] == wanted
    assert not site.client.reaches(site.a.address(5), 80)
    assert site.ask() == f"{site.b.address(MEMBER)}:80"


def test_one_observation_looks_at_a_few_ends_and_the_next_at_others(site, monkeypatch):
    from adapters.devices.haproxy import wires

    monkeypatch.setattr(wires, "MOST_LOOKED_AT", 1)
    site.device.run(site.order())
    for lan in (site.a, site.b):
        run("ip", "link", "set", outer_of(namespace(site, lan)), "down")
    assert note(site.device) == "repaired 1 wire that was changed by hand"
    assert note(site.device) == "repaired 2 wires that were changed by hand"
    assert note(site.device) == "repaired 2 wires that were changed by hand"
    assert site.answers
