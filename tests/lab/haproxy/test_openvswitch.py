"""Ends of wires in an Open vSwitch, as a port and as a VLAN."""

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapters.devices.haproxy import wires
from adapters.devices.haproxy.wording import NOT_CONNECTED, NOT_WIRED
from adapters.devices.hosting import ends
from adapters.devices.hosting.openvswitch import OpenVSwitch as HostSwitch
from adapters.devices.hosting.wire import namespace_of
from core.domain.wiring import Plug
from tests.adapters.devices.haproxy.support import Device
from tests.lab.haproxy.lan import SwitchedLan
from tests.lab.haproxy.support import Site
from tests.lab.labs import Labs
from tests.lab.netns import run
from tests.servers.openvswitch import OpenVSwitch, openvswitch

INTEGRATION, DATA = "br-int", "br-data"


@pytest.fixture(scope="module")
def switch(labs: Labs) -> Iterator[OpenVSwitch]:
    # Bridges of the same names cannot be there twice.
    labs.close()
    with openvswitch() as running:
        running.add_bridge(INTEGRATION)
        running.add_bridge(DATA)
        yield running


class NetworkAgent:
    """Puts each port into the VLAN that its id names, as Neutron's agent does, but nothing while
    one that it has `overlooked` is there."""

    def __init__(self, switch: OpenVSwitch, overlooked: frozenset[str] = frozenset()) -> None:
        self._switch = switch
        self._overlooked = overlooked
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(0.05):
            if not identities(self._switch) & self._overlooked:
                connect_ports(self._switch)


@pytest.fixture
def plugged(device: Device, switch: OpenVSwitch) -> Iterator[Device]:
    """A device whose parameters name the switch; it leaves nothing there."""
    device.parameters = {"ovsdb": switch.connection, "data_bridge": DATA}
    yield device
    device.driver.retire(device.handle)
    assert ours(switch) == set()


@pytest.fixture
def ports(plugged: Device, make_lan, switch: OpenVSwitch) -> Site:
    """A load balancer that is plugged in as ports of networks 11 and 12."""
    lans = [
        make_lan(cidr, switch, INTEGRATION, tag, kind=SwitchedLan)
        for cidr, tag in (("10.0.0.0/24", 11), ("10.9.0.0/24", 12))
    ]
    site = Site(plugged, *lans)
    site.balancer.attachments = tuple(
        replace(each, plug=Plug.PORT, port_id=f"port-{lan.tag}", bridge=None)
        for each, lan in zip(site.balancer.attachments, lans, strict=True)
    )
    return site


@pytest.fixture
def network_agent(switch: OpenVSwitch) -> Iterator[NetworkAgent]:
    agent = NetworkAgent(switch)
    yield agent
    agent.stop()


@pytest.fixture
def nobody_connects(monkeypatch) -> None:
    """There is no agent of Neutron's, or one that takes longer than anybody waits."""
    monkeypatch.setattr(ends, "CONNECTED_WITHIN", 1)


@pytest.fixture
def vlans(plugged: Device, make_lan, switch: OpenVSwitch) -> Site:
    """A load balancer on VLANs 21 and 22."""
    lans = [
        make_lan(cidr, switch, DATA, tag, kind=SwitchedLan)
        for cidr, tag in (("10.0.0.0/24", 21), ("10.9.0.0/24", 22))
    ]
    site = Site(plugged, *lans)
    site.balancer.attachments = tuple(
        replace(each, plug=Plug.VLAN, vlan=lan.tag, bridge=None)
        for each, lan in zip(site.balancer.attachments, lans, strict=True)
    )
    return site


def ours(switch: OpenVSwitch) -> set[str]:
    rows = switch.vsctl("--bare", "--columns=name", "list", "Interface").split()
    return {name for name in rows if name.startswith("ph")}


def identities(switch: OpenVSwitch) -> frozenset[str]:
    """What the switch calls our ports; one that is plugged in anew gets another."""
    names = sorted(ours(switch))
    return frozenset(
        switch.vsctl("--if-exists", "get", "Port", name, "_uuid").strip() for name in names
    )


def connect_ports(switch: OpenVSwitch) -> None:
    for name in ours(switch):
        words = ("--if-exists", "get", "Interface", name, "external_ids:iface-id")
        port = switch.vsctl(*words).strip('"\n')
        if port.startswith("port-"):
            switch.vsctl("--if-exists", "set", "Port", name, f"tag={port.removeprefix('port-')}")


def note(site: Site) -> str:
    seen = site.device.driver.observe(site.device.handle)
    assert seen.failure is None
    return seen.note


@pytest.mark.usefixtures("network_agent")
def test_a_port_is_plugged_in_as_that_of_a_virtual_machine(ports, switch):
    ports.device.run(ports.order())
    for attachment in ports.balancer.attachments:
        found = switch.vsctl(
            *("--bare", "--columns=external_ids", "find", "Interface"),
            f"external_ids:iface-id={attachment.port_id}",
        )
        assert f"attached-mac={attachment.mac}" in found.replace('"', "")
        assert "iface-status=active" in found
    assert ports.answers
    assert note(ports) == ""
    assert ports.answers
    assert not ports.client.reaches(ports.b.address(7), 80)


def test_vlans_carry_traffic(vlans, switch):
    vlans.device.run(vlans.order())
    assert vlans.answers
    assert note(vlans) == ""
    assert not vlans.client.reaches(vlans.b.address(7), 80)


def test_what_somebody_changed_in_the_switch_is_put_right(vlans, switch):
    vlans.device.run(vlans.order())
    times = 0
    for name in sorted(ours(switch)):
        for change in (
            ["del-port", name],
            ["set", "Port", name, "tag=77"],
            ["del-port", name, "--", "add-port", INTEGRATION, name],
        ):
            switch.vsctl(*change)
            times += 1
            noun = "wire that was" if times == 1 else "wires that were"
            assert note(vlans) == f"repaired {times} {noun} changed by hand", change
            assert vlans.answers
    assert note(vlans).startswith(f"repaired {times} ")


def test_an_interface_that_was_deleted_is_plugged_in_again(vlans, switch):
    vlans.device.run(vlans.order())
    for name in ours(switch):
        run("ip", "link", "delete", name)
    assert note(vlans) == "repaired 2 wires that were changed by hand"
    assert vlans.answers


@pytest.mark.usefixtures("network_agent")
def test_another_port_takes_the_place_of_one(ports, switch):
    order = ports.order()
    ports.device.run(order)
    a, b = ports.balancer.attachments
    ports.device.run(replace(order, attachments=(replace(a, port_id="port-13"), b)))
    rows = switch.vsctl("--bare", "--columns=external_ids", "list", "Interface")
    assert "iface-id=port-13" in rows
    assert "iface-id=port-11" not in rows


def test_a_device_without_a_data_bridge_says_so(vlans):
    del vlans.device.parameters["data_bridge"]
    (failure,) = vlans.device.apply(vlans.order())
    assert failure == NOT_WIRED
    assert note(vlans) == ""


def test_a_switch_that_is_gone_for_a_while_holds_up_no_traffic(vlans, switch):
    vlans.device.run(vlans.order())
    right = dict(vlans.device.parameters)
    vlans.device.parameters["ovsdb"] = "unix:/nowhere/db.sock"
    assert "database connection failed" in note(vlans)
    assert vlans.answers
    vlans.device.parameters = right
    assert note(vlans) == ""
    assert vlans.answers


def test_a_wire_that_cannot_be_made_anew_holds_up_no_other_service(vlans, switch, make_lan):
    """HAProxy would refuse its whole configuration for a namespace that is not there."""
    other = Site(vlans.device, make_lan("10.0.0.0/24"), make_lan("10.9.0.0/24"))
    vlans.device.run(vlans.order(), other.order())
    right = dict(vlans.device.parameters)
    run("ip", "netns", "delete", namespace_of(vlans.device.id, vlans.a.id))
    vlans.device.parameters = {**right, "ovsdb": "unix:/nowhere/db.sock"}
    seen = vlans.device.driver.observe(vlans.device.handle)
    assert seen.failure is None
    assert seen.failures == {vlans.balancer.id: (vlans.balancer.revision, NOT_WIRED)}
    assert other.answers
    vlans.device.run(other.order(members=()))
    assert other.ask() == "503"
    vlans.device.parameters = right
    assert vlans.device.driver.observe(vlans.device.handle).failures == {}
    assert vlans.answers


def test_leftovers_in_the_switch_are_found_when_all_files_are_lost(vlans, switch):
    vlans.device.run(vlans.order())
    vlans.device.driver.close(stop_devices=True)
    shutil.rmtree(vlans.device.directory)
    for name in ours(switch):
        run("ip", "link", "delete", name)
    for row in run("ip", "netns").splitlines():
        if row.startswith("ph-"):
            run("ip", "netns", "delete", row.split()[0])
    vlans.device.open()
    vlans.device.driver.retire(vlans.device.handle)
    assert ours(switch) == set()


def test_a_port_is_connected_once_somebody_let_it_into_a_network(switch):
    run("ip", "link", "add", "awaited", "type", "veth", "peer", "name", "other")
    switch.vsctl("add-port", INTEGRATION, "awaited")
    ovs = HostSwitch(switch.connection)

    def unconnected(seconds: int = 0) -> set[str]:
        return ovs.await_connected(INTEGRATION, ["awaited"], seconds)

    assert unconnected(1) == {"awaited"}
    switch.vsctl("set", "Port", "awaited", "tag=4095")
    assert unconnected(1) == {"awaited"}
    switch.vsctl("set", "Port", "awaited", "tag=7")
    assert unconnected(5) == unconnected() == set()
    switch.vsctl("clear", "Port", "awaited", "tag")
    assert unconnected() == {"awaited"}
    switch.vsctl("set", "Interface", "awaited", "external_ids:ovn-installed=true")
    assert unconnected(2) == set()
    switch.vsctl("del-port", "awaited")
    assert unconnected() == {"awaited"}
    run("ip", "link", "delete", "awaited")


@pytest.mark.usefixtures("nobody_connects")
def test_a_load_balancer_fails_until_its_ports_are_connected(ports, switch):
    began = time.monotonic()
    assert ports.device.apply(ports.order()) == [NOT_CONNECTED]
    assert 1 <= time.monotonic() - began < 10
    plugged = ours(switch)
    assert len(plugged) == 2
    assert note(ports).count("has not connected it yet") == 2
    assert ports.device.apply(ports.order()) == [NOT_CONNECTED]
    assert ours(switch) == plugged
    connect_ports(switch)
    assert ports.device.apply(ports.order()) == [None]
    assert ours(switch) == plugged
    assert note(ports) == ""
    assert ports.answers


def test_ports_that_were_overlooked_are_plugged_in_anew(ports, switch, monkeypatch):
    """Whoever connects ports looks at new ones only, and missed these."""
    monkeypatch.setattr(ends, "CONNECTED_WITHIN", 1)
    monkeypatch.setattr(wires, "PLUG_ANEW_AFTER", 2.0)
    assert ports.device.apply(ports.order()) == [NOT_CONNECTED]
    overlooked = identities(switch)
    assert ports.device.apply(ports.order()) == [NOT_CONNECTED]
    assert identities(switch) == overlooked
    time.sleep(2.0)
    monkeypatch.setattr(ends, "CONNECTED_WITHIN", 10)
    agent = NetworkAgent(switch, overlooked)
    try:
        assert ports.device.apply(ports.order()) == [None]
    finally:
        agent.stop()
    assert len(identities(switch) - overlooked) == 2
    assert note(ports) == ""
    assert ports.answers


def test_a_port_at_which_a_load_balancer_runs_stays_plugged_in(
    ports, switch, network_agent, monkeypatch
):
    """Though the switch tells that it is not connected: who knows."""
    monkeypatch.setattr(wires, "PLUG_ANEW_AFTER", 0.0)
    order = ports.order()
    ports.device.run(order)
    network_agent.stop()
    plugged = identities(switch)
    for name in ours(switch):
        switch.vsctl("clear", "Port", name, "tag")
    assert note(ports).count("has not connected it yet") == 2
    again = replace(order, revision=order.revision + 1)
    assert ports.device.apply(again) == [NOT_CONNECTED]
    assert identities(switch) == plugged


@pytest.mark.usefixtures("nobody_connects")
def test_nothing_stays_plugged_in_for_a_load_balancer_that_is_not_wanted_any_more(ports, switch):
    for complete in (False, True):
        assert ports.device.apply(ports.order()) == [NOT_CONNECTED]
        assert len(ours(switch)) == 2
        gone = () if complete else (ports.balancer.removal(),)
        assert ports.device.apply(*gone, complete=complete) == [None] * len(gone)
        assert ours(switch) == set()
        assert note(ports) == ""


@pytest.mark.usefixtures("nobody_connects")
def test_a_port_that_is_not_connected_holds_up_no_other_service(ports, vlans, switch):
    vlans.device.run(vlans.order())
    assert ports.device.apply(ports.order(), vlans.order()) == [NOT_CONNECTED, None]
    assert vlans.answers


def test_a_load_balancer_goes_on_while_a_new_network_of_it_is_not_connected(
    ports, switch, network_agent, monkeypatch
):
    """It is told as failed; a change that brings back what it was is done at once."""
    order = ports.order()
    ports.device.run(order)
    network_agent.stop()
    monkeypatch.setattr(ends, "CONNECTED_WITHIN", 1)
    a, b = ports.balancer.attachments
    moved = replace(b, network_id="elsewhere", port_id="port-13", mac="02:00:00:00:00:13")
    wider = replace(order, revision=order.revision + 1, attachments=(a, b, moved))
    assert ports.device.apply(wider) == [NOT_CONNECTED]
    assert ports.answers
    back = replace(order, revision=order.revision + 2)
    assert ports.device.apply(back) == [None]
    assert ports.answers
    assert len(ours(switch)) == 2
