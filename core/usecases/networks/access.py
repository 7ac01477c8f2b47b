"""Who may see and change networks."""

from core.domain.errors import Forbidden, NotFound
from core.domain.network import Network
from core.ports.unit_of_work import UnitOfWork
from core.usecases.caller import Caller


def visible_network(work: UnitOfWork, caller: Caller, identity: str) -> Network:
    """The network, if the caller may use it. Raises NotFound."""
    network = work.networks.get(identity)
    if network is None or not caller.may_see(network.project_id, shared=network.shared):
        raise NotFound("Network", identity)
    return network


def changeable(network: Network, caller: Caller) -> Network:
    """The network, if the caller may change it. Raises Forbidden."""
    if not caller.may_see(network.project_id):
        raise Forbidden(
            f"network {network.id} is shared by another project, which alone changes it"
        )
    return network
