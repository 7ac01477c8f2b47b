"""What the fleet's API has beyond create, read, update and delete, over a system in memory."""

import pytest
from falcon import testing
from neutronclient.v2_0.client import Client

from core.domain.lifecycle import Status
from tests.core.usecases.conductor.lab import Lab
from tests.serving import served


class Deployed:
    """A VIP on a device, seen through the API."""

    def __init__(self) -> None:
        self.lab = Lab()
        self.device_id = self.lab.add_device()
        self.lab.add_service_type(default=True)
        subnet = self.lab.add_subnet("127.1.0.0/24")
        self.pool_id = self.lab.add_pool(subnet)
        self.unused_id = self.lab.add_pool(subnet)
        self.vip_id = self.lab.add_vip(subnet, self.pool_id)
        self.lab.settle()
        self.app = self.lab.process.app()
        self.client = testing.TestClient(self.app)


@pytest.fixture
def deployed() -> Deployed:
    return Deployed()


@pytest.fixture
def neutron(deployed):
    with served(deployed.app) as url:
        yield Client(endpoint_url=url, auth_strategy="noauth")


def test_neutronclient_asks_which_agent_serves_a_pool(deployed, neutron):
    assert neutron.get_lbaas_agent_hosting_pool(deployed.pool_id)["agent"]["id"] == "memory"
    [pool] = neutron.list_pools_on_lbaas_agent("memory")["pools"]
    assert pool["id"] == deployed.pool_id


def test_a_pool_that_nobody_serves_has_no_agent(deployed):
    path = f"/v2.0/lb/pools/{deployed.unused_id}/loadbalancer-agent"
    result = deployed.client.simulate_get(path)
    assert result.status_code == 404
    assert result.json["NeutronError"]["type"] == "LoadbalancerAgentNotFound"


def test_agents_are_for_admins(deployed):
    headers = {"X-Project-Id": "red", "X-Roles": "member"}
    for path in (
        f"/v2.0/lb/pools/{deployed.pool_id}/loadbalancer-agent",
        "/v2.0/agents/memory/loadbalancer-pools",
    ):
        assert deployed.client.simulate_get(path, headers=headers).status_code == 403


def test_a_device_with_services_is_removed_only_by_force(deployed):
    path = f"/v2.0/fleet/devices/{deployed.device_id}"
    refused = deployed.client.simulate_delete(path)
    assert refused.status_code == 409
    assert deployed.vip_id in refused.json["NeutronError"]["message"]
    assert deployed.client.simulate_delete(path, params={"force": "true"}).status_code == 204
    deployed.lab.settle()
    assert deployed.lab.vip(deployed.vip_id).status is Status.ERROR
    assert "0 devices considered" in deployed.lab.vip(deployed.vip_id).status_description


@pytest.mark.parametrize(("name", "value"), [("force", "perhaps"), ("farce", "true")])
def test_a_wrong_parameter_removes_nothing(deployed, name, value):
    path = f"/v2.0/fleet/devices/{deployed.device_id}"
    result = deployed.client.simulate_delete(path, params={name: value})
    assert result.status_code == 400
    assert name in result.json["NeutronError"]["message"]
    assert deployed.client.simulate_get(path).status_code == 200
