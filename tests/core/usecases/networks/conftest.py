"""The local catalogue, with and without the loopback wiring's policy."""

from dataclasses import dataclass

import pytest

from adapters.network.loopback import LoopbackSubnetPolicy
from adapters.network.memory import AnySubnet
from adapters.persistence.memory import MemoryStore
from adapters.system import CountingIds
from core.usecases.caller import Caller
from core.usecases.networks.networks import Networks
from core.usecases.networks.subnets import Subnets
from core.usecases.networks.types import CreateNetwork, CreateSubnet, NetworkView, SubnetView

ALICE = Caller("alice", is_admin=False)


@dataclass
class Catalogue:
    store: MemoryStore
    networks: Networks
    subnets: Subnets

    def network(self, caller: Caller = ALICE, **changes: object) -> NetworkView:
        return self.networks.create(caller, [CreateNetwork(**changes)])[0]

    def subnet(self, caller: Caller = ALICE, **changes: object) -> SubnetView:
        if "network_id" not in changes:
            changes["network_id"] = self.network(caller).id
        return self.subnets.create(caller, [CreateSubnet(**changes)])[0]


def catalogue_with(policy) -> Catalogue:
    store, ids = MemoryStore(), CountingIds()
    return Catalogue(
        store, Networks(store=store, ids=ids), Subnets(store=store, ids=ids, policy=policy)
    )


@pytest.fixture
def catalogue() -> Catalogue:
    return catalogue_with(AnySubnet())


@pytest.fixture
def loopback() -> Catalogue:
    return catalogue_with(LoopbackSubnetPolicy())
