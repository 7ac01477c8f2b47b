"""The all-in-one daemon beside Neutron, which logs in with the OS_ variables."""

import time
from contextlib import contextmanager

import pytest

from tests.lab.identity import REGION
from tests.lab.linux.daemon import DRIVER, Daemon, eventually
from tests.lab.networks import call

OPERATORS = "load-balancing"
"""The daemon's project: another one than that of the Pierhead inside this Neutron."""


@pytest.fixture
def user(keystone):
    return keystone.user(OPERATORS, "admin")


@pytest.fixture
def start(tmp_path, keystone, monkeypatch):
    """What starts a daemon with a user's credentials."""

    @contextmanager
    def started(user, password):
        variables = {**user.auth, "password": password, "auth_url": keystone.url}
        for name, value in {**variables, "region_name": REGION}.items():
            monkeypatch.setenv(f"OS_{name.upper()}", value)
        daemon = Daemon(tmp_path / "state", "neutron")
        daemon.start()
        try:
            yield daemon
            daemon.remove_devices()
        finally:
            daemon.stop()

    return started


@pytest.fixture
def tenant(house):
    return house.tenant()


def ports(lab, project):
    """What a project has of Pierhead's, by the beginning of the name."""
    found = call(lab, "GET", f"ports?project_id={project}")["ports"]
    return sorted(each["name"].rsplit("-", 5)[0] for each in found)


def test_it_wires_with_the_credentials_of_the_environment(lab, keystone, start, user, tenant):
    own, theirs = keystone.project(OPERATORS), keystone.project(tenant.project)
    headers = {"X-Project-Id": theirs, "X-Roles": "member"}
    wanted = {"subnet_id": tenant.subnet(), "protocol": "HTTP"}
    with start(user, user.password) as daemon:
        device = daemon.make(
            "fleet/devices",
            name="lb1",
            driver=DRIVER,
            parameters={"ovsdb": lab.switch.connection},
            wiring={"kind": "virtual", "host": lab.host},
        )
        daemon.await_status("fleet/devices", device["id"], "ONLINE")
        pool = daemon.make("lb/pools", headers, lb_method="ROUND_ROBIN", **wanted)
        keystone.log_out(user)
        # Keystone counts in seconds: a token of the second of a revocation is no good either.
        time.sleep(1)
        vip = daemon.make("lb/vips", headers, pool_id=pool["id"], protocol_port=80, **wanted)
        daemon.await_status("lb/vips", vip["id"], "ACTIVE")
        assert (ports(lab, own), ports(lab, theirs)) == (["pierhead-device"], ["pierhead-vip"])
        daemon.remove("lb/vips", vip["id"])
        daemon.remove("lb/pools", pool["id"])
        eventually(lambda: ports(lab, own) + ports(lab, theirs) == [])
    assert user.password not in daemon.log
    assert "gAAAA" not in daemon.log


def test_a_wrong_password_is_told_in_one_line(start, user, keystone, tenant):
    told = "the network service refuses Pierhead's own credentials"
    headers = {"X-Project-Id": keystone.project(tenant.project), "X-Roles": "member"}
    with start(user, "wrong-password") as daemon:
        wanted = {"subnet_id": tenant.subnet(), "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
        answer = daemon.ask("POST", "lb/pools", {"pool": wanted}, headers)
        assert answer.status_code == 503
        assert told in answer.json()["NeutronError"]["message"]
    assert f'the wiring cannot be looked at for now: {told}"' in daemon.log
    assert "wrong-password" not in daemon.log


def test_a_user_without_the_role_admin_is_told_of(start, keystone, tenant):
    member = keystone.user(OPERATORS, "member")
    headers = {"X-Project-Id": keystone.project(tenant.project), "X-Roles": "member"}
    wanted = {"subnet_id": tenant.subnet(), "protocol": "HTTP", "lb_method": "ROUND_ROBIN"}
    with start(member, member.password) as daemon:
        assert daemon.ask("POST", "lb/pools", {"pool": wanted}, headers).status_code == 404
    assert daemon.log.count("lack the role admin (they have: member, reader)") == 1
