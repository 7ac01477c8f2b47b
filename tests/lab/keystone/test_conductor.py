"""A conductor beside Neutron, which logs into Keystone to wire devices."""

import pytest

from tests.lab.embedded_site import PROJECT
from tests.lab.networks import call, wait_until


@pytest.fixture
def tenant(house):
    return house.tenant()


@pytest.fixture
def balanced(tenant):
    """A pool of the tenant's, without VIP in the end."""
    pool = tenant.pool(tenant.subnet())
    yield pool
    for vip in tenant.get("lb/vips")["vips"]:
        tenant.delete(f"lb/vips/{vip['id']}")
        tenant.wait_gone(vip["id"])


def ports(lab):
    """The project, name and host of those that are Pierhead's."""
    return {
        (each["project_id"], each["name"], each["binding:host_id"])
        for each in call(lab, "GET", "ports")["ports"]
        if each["name"].startswith("pierhead-")
    }


def test_ports_are_in_the_projects_that_they_are_for(house, lab, keystone, tenant, balanced):
    before = ports(lab)
    vip = tenant.vip(balanced)
    tenant.wait_active(vip["id"])
    assert ports(lab) - before == {
        (keystone.project(tenant.project), f"pierhead-vip-{vip['id']}", ""),
        (keystone.project(PROJECT), f"pierhead-device-{house.device}", "appliance-1"),
    }
    tenant.delete(f"lb/vips/{vip['id']}")
    wait_until(lambda: ports(lab) == before, "the ports are gone")


def test_it_logs_in_again_when_its_token_was_revoked(site, keystone, tenant, balanced, conductor):
    keystone.log_out(keystone.user(PROJECT, "admin"))
    tenant.wait_active(tenant.vip(balanced)["id"])
    assert keystone.user(PROJECT, "admin").password not in conductor.log
    assert "gAAAA" not in conductor.log


def test_work_goes_on_when_keystone_is_back(lab, keystone, tenant, balanced):
    keystone.process.kill()
    assert tenant.ask("GET", "lb/pools").status_code == 503
    keystone.start()
    wait_until(lambda: tenant.ask("GET", "lb/pools").ok, "Neutron finds Keystone")
    tenant.wait_active(tenant.vip(balanced)["id"])
