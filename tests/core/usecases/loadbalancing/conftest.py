import pytest

from adapters.network.loopback import LoopbackSubnetPolicy, LoopbackWirer
from core.usecases.networks.networks import Networks
from core.usecases.networks.subnets import Subnets
from core.usecases.networks.types import CreateNetwork, CreateSubnet
from tests.core.usecases.loadbalancing.world import ALICE, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def catalogue() -> World:
    """A world whose networks are those of the local catalogue, on loopback addresses."""
    world = World()
    subnets = Subnets(store=world.store, ids=world.ids, policy=LoopbackSubnetPolicy())
    networks = Networks(store=world.store, ids=world.ids)
    network = networks.create(ALICE, [CreateNetwork(name="a")])[0]
    subnet = subnets.create(ALICE, [CreateSubnet(network_id=network.id, cidr="127.7.0.0/28")])[0]
    world.use_wirer(LoopbackWirer(world.store, world.clock, world.ids))
    world.subnet_id = subnet.id
    return world
