"""What VIPs and their pools must be to each other, at creation and later."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from core.domain.errors import AlreadyExists, ProtocolMismatch
from core.domain.loadbalancer.model import LoadBalancer, Pool, Protocol
from core.domain.service import Service, Stamp
from core.domain.validation import check_text
from core.ports.repository import Duplicate
from core.ports.unit_of_work import UnitOfWork
from core.usecases.loadbalancing.changes import user_of


def check_texts(name: str | None, description: str | None) -> None:
    """Refuse texts that are too long or hold what no terminal should get."""
    check_text("name", name or "")
    check_text("description", description or "")


def check_protocol(pool: Pool, protocol: Protocol) -> None:
    """Refuse a pool that speaks another protocol than its VIP."""
    if pool.protocol != protocol:
        raise ProtocolMismatch(
            "protocol", f"the VIP's is {protocol} and that of pool {pool.id} is {pool.protocol}"
        )


def stamp_of(service: Service) -> Stamp:
    """The stamp of a pool that a VIP begins to use."""
    return Stamp(service.id, service.desired_revision, created=False)


@contextmanager
def one_vip_per_pool(work: UnitOfWork, balancer: LoadBalancer) -> Iterator[None]:
    """Refuses a pool that another VIP uses. The store is the first to know: looking before
    would be one more round trip for what seldom happens."""
    try:
        yield
    except Duplicate as duplicate:
        raise pool_in_use(work, [str(balancer.listeners[0].default_pool_id)]) from duplicate


def pool_in_use(work: UnitOfWork, pool_ids: Sequence[str]) -> AlreadyExists:
    """Says which of these pools, one of which the store refused, is used by which VIP."""
    users = {each: user.id for each in pool_ids if (user := user_of(work, each)) is not None}
    pool_id, user_id = next(iter(users.items()), (pool_ids[0], None))
    name = "another VIP" if user_id is None else f"VIP {user_id}"
    return AlreadyExists("Vip", f"pool {pool_id} is used by {name}")
