"""The local catalogue, with and without the loopback wiring's policy."""

from dataclasses import dataclass

import pytest

from adapters.network.loopback import LoopbackSubnetPolicy
from adapters.network.memory import AnySubnet
from adapters.persistence.memory import MemoryStore
from adapters.system import CountingIds
from core.domain.binding import Binding, Claim, InsertionMode, NetworkNeed
from core.domain.device import Device
from core.domain.service import Service, ServiceKind
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

    def bind(self, *subnets: SubnetView) -> None:
        """Have a service on a device use subnets of one network."""
        needs = tuple(NetworkNeed(network_id=each.network_id, cidr=each.cidr) for each in subnets)
        binding = Binding(
            service_id="service",
            project_id="alice",
            device_id="device",
            driver="memory",
            mode=InsertionMode.ONE_ARM,
            vip_address="10.0.0.9",
            networks=needs,
            decision_id="decision",
        )
        service = Service(
            id="service",
            project_id="alice",
            kind=ServiceKind.LOADBALANCER,
            service_type_id="gold",
        )
        with self.store.write() as work:
            if work.devices.get("device") is None:
                work.devices.add(Device(id="device", name="device", driver="memory"))
                work.services.add(service)
            work.bindings.claim([Claim(binding=binding, interface="data")])
            work.commit()

    def unbind(self) -> None:
        """Take the service off the device."""
        with self.store.write() as work:
            work.bindings.release(["service"])
            work.commit()


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
