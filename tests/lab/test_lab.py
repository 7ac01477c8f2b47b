"""The lab's Neutron wires, keeps apart and asks who one is."""

import pytest

from tests.lab.environment import collisions
from tests.lab.networks import call, machine, make_network, wait_until
from tests.lab.site import NeutronLab


def test_machines_on_one_network_reach_each_other(lab):
    network = make_network(lab, "tenant", "10.0.0.0/24")
    with machine(lab, network) as client, machine(lab, network, address="10.0.0.77") as member:
        member.serve(member.address, 8080)
        answer = client.get(f"http://{member.address}:8080/")
        assert answer.status_code == 200
        assert answer.text == "10.0.0.77:8080\n"


def test_machines_on_two_networks_do_not(lab):
    """Not even where both networks have the same addresses."""
    one, other = (make_network(lab, each, "10.0.0.0/24") for each in ("one", "other"))
    with (
        machine(lab, one, address="10.0.0.5") as client,
        machine(lab, one, address="10.0.0.6") as near,
        machine(lab, other, address="10.0.0.7") as far,
    ):
        near.serve("10.0.0.6")
        far.serve("10.0.0.7")
        assert client.reaches("10.0.0.6", 80)
        assert not client.reaches("10.0.0.7", 80)


def test_an_address_that_is_not_the_ports_is_dropped_until_it_is_allowed(lab):
    network = make_network(lab, "tenant", "10.0.0.0/24")
    with machine(lab, network) as client, machine(lab, network) as member:
        member.add_address("10.0.0.20/32")
        member.serve("10.0.0.20")
        assert not client.reaches("10.0.0.20", 80)
        pairs = {"allowed_address_pairs": [{"ip_address": "10.0.0.20"}]}
        call(lab, "PUT", f"ports/{member.port_id}", port=pairs)
        wait_until(lambda: client.reaches("10.0.0.20", 80), "the address is let through")


def test_a_port_is_down_without_its_plug(lab):
    network = make_network(lab, "tenant", "10.0.0.0/24")
    with machine(lab, network) as alone:
        alone.unplug()
        wait_until(lambda: alone.status == "DOWN", "Neutron notices")


def test_tenants_see_their_own_and_what_is_shared(lab):
    own = make_network(lab, "one", "10.1.0.0/24")
    strange = make_network(lab, "other", "10.1.0.0/24")
    shared = make_network(lab, "other", "10.2.0.0/24", shared=True)
    with lab.session("one", "member") as session:
        listed = session.get(f"{lab.url}/v2.0/networks").json()["networks"]
        found = {each["id"] for each in listed}
        assert {own.network_id, shared.network_id} <= found
        assert strange.network_id not in found
        assert session.get(f"{lab.url}/v2.0/networks/{strange.network_id}").status_code == 404
        assert session.get(f"{lab.url}/v2.0/agents").json()["agents"] == []


def test_nobody_gets_in_without_a_name(lab):
    with lab.session() as session:
        del session.headers["X-User-Id"]
        assert session.get(f"{lab.url}/v2.0/networks").status_code == 401


def test_trunks_and_address_pairs_are_offered(lab):
    aliases = {each["alias"] for each in call(lab, "GET", "extensions")["extensions"]}
    assert {"trunk", "allowed-address-pairs", "binding", "agent", "quotas"} <= aliases


def test_a_second_lab_does_not_get_in_the_way(lab):
    with pytest.raises(RuntimeError, match="Another lab"), NeutronLab():
        pass
    assert call(lab, "GET", "agents")["agents"]


def test_each_process_comes_back(lab):
    network = make_network(lab, "tenant", "10.0.0.0/24")
    for process in lab.processes:
        process.kill()
        process.restart()
    lab.wait_ready()
    with machine(lab, network) as client, machine(lab, network) as member:
        member.serve(member.address)
        assert client.reaches(member.address, 80)


def test_nothing_that_neutron_brings_is_replaced(lab):
    layers = lab.environment.neutron, lab.environment.needs, lab.environment.plugin
    assert {"neutron", "sqlalchemy"} <= layers[0].frozen.keys()
    assert set(layers[2].frozen) == {"pierhead"}
    assert collisions(layers) == set()
