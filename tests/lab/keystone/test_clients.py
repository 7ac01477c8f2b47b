"""Clients that know Keystone: the command line with a token, and python-neutronclient."""

import os
import subprocess
import sys

import pytest
from keystoneauth1.exceptions import Unauthorized
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session
from neutronclient.v2_0.client import Client

from tests import neutronclient_calls as calls
from tests.lab.identity import REGION
from tests.lab.networks import wait_until


@pytest.fixture
def neutron(house, lab, keystone):
    """A client of a project that nobody else has, which is told Keystone's address only."""
    user = keystone.user(house.tenant().project, "member")
    auth = Password(keystone.url, **user.auth)
    return Client(session=Session(auth=auth), region_name=REGION)


def test_neutronclient_logs_in_with_a_password(neutron):
    subnet_id = calls.network_of(neutron, "10.30.0")
    pool = neutron.create_pool({"pool": calls.pool_body(subnet_id, "p")})["pool"]
    wanted = {
        "subnet_id": subnet_id,
        "pool_id": pool["id"],
        "protocol": "HTTP",
        "protocol_port": 80,
    }
    vip = neutron.create_vip({"vip": wanted})["vip"]

    def is_active() -> bool:
        return neutron.show_vip(vip["id"])["vip"]["status"] == "ACTIVE"

    wait_until(is_active, "the VIP is ACTIVE")
    neutron.delete_vip(vip["id"])
    neutron.delete_pool(pool["id"])


def test_neutronclient_logs_in_again_when_its_token_was_revoked(house, neutron, keystone):
    assert neutron.list_pools()["pools"] == []
    keystone.revoke(neutron.httpclient.get_token())
    assert neutron.list_pools()["pools"] == []


def test_neutronclient_tells_a_wrong_password(keystone):
    user = keystone.user("tenant", "member")
    auth = Password(keystone.url, **{**user.auth, "password": "wrong"})
    with pytest.raises(Unauthorized):
        Client(session=Session(auth=auth), region_name=REGION).list_pools()


def pierhead(lab, *words, **variables):
    """Exit status and output of the command line, which asks Neutron."""
    done = subprocess.run(
        [sys.executable, "-m", "pierhead", "--url", lab.url, *words],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def test_the_command_line_takes_a_token(house, lab, keystone):
    admins = keystone.token(keystone.user("operator", "admin"))
    status, said = pierhead(lab, "device", "list", PIERHEAD_TOKEN=admins)
    assert status == 0
    assert "ONLINE" in said
    assert pierhead(lab, "--token", admins, "device", "list") == (status, said)
    tenants = keystone.token(keystone.user("tenant", "member"))
    assert pierhead(lab, "--token", tenants, "vip", "list") == (0, "no vips\n")
    status, said = pierhead(lab, "--token", tenants, "agent", "list")
    assert status == 1
    assert said.endswith("ask as an admin (with a token that has the role admin)\n")


def test_the_command_line_tells_that_its_token_is_no_good(house, lab, keystone):
    told = f"pierhead: {lab.url} wants a token: set --token or PIERHEAD_TOKEN\n"
    assert pierhead(lab, "device", "list") == (1, told)
    token = keystone.token(keystone.user("operator", "admin"))
    keystone.revoke(token)
    status, said = pierhead(lab, "device", "list", PIERHEAD_TOKEN=token)
    assert (status, token in said) == (1, False)
    assert "does not accept the token" in said
