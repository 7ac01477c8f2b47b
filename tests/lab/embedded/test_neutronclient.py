"""The LBaaS v1 calls of python-neutronclient, unchanged, against Neutron."""

import pytest
from keystoneauth1.noauth import NoAuth
from keystoneauth1.session import Session
from neutronclient.v2_0.client import Client

from tests import neutronclient_calls as calls

_PREFIX = "10.20.0"


@pytest.fixture
def neutron(house):
    """A client of a project that nobody else has."""
    tenant = house.tenant()
    with house.lab.session(tenant.project, tenant.roles) as session:
        yield Client(session=Session(auth=NoAuth(endpoint=house.lab.url), session=session))


def test_every_call_of_lbaas_v1_works(neutron):
    calls.every_call(neutron, _PREFIX)


def test_pages_are_followed_in_both_directions(neutron):
    calls.pages(neutron, _PREFIX)


def test_errors_become_the_clients_own(neutron):
    calls.errors(neutron)
