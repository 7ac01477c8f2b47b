"""The LBaaS v1 calls of python-neutronclient, unchanged, over a real socket."""

import pytest
from neutronclient.v2_0.client import Client

from tests import neutronclient_calls as calls
from tests.adapters.http.site import Site
from tests.serving import served

_PREFIX = "127.20.0"


@pytest.fixture
def neutron():
    """A client of a server that runs in a thread."""
    site = Site()
    site.service_type()
    with served(site.app) as url:
        yield Client(auth_strategy="noauth", endpoint_url=url, timeout=20)


def test_every_call_of_lbaas_v1_works(neutron):
    calls.every_call(neutron, _PREFIX)


def test_pages_are_followed_in_both_directions(neutron):
    calls.pages(neutron, _PREFIX)


def test_errors_become_the_clients_own(neutron):
    calls.errors(neutron)
