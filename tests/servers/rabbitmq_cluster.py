"""An own RabbitMQ cluster of three nodes."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from tests.servers.process import folder_for
from tests.servers.rabbitmq import RabbitMq, port_mapper

_USER = "rabbitmq"
_NODES = 3
_MEMORY = "256MB"


class RabbitMqCluster:
    """Nodes that know each other, of which any may be killed and started again."""

    def __init__(self, nodes: Sequence[RabbitMq]) -> None:
        self.nodes = nodes

    @property
    def urls(self) -> list[str]:
        """The AMQP URLs of all nodes."""
        return [node.url for node in self.nodes]

    def leader(self, queue: str) -> RabbitMq:
        """The node that leads a quorum queue, or has a classic one. All nodes must run."""
        listed = self.nodes[0].control("list_queues", "name", "leader", "pid", "--silent")
        [line] = [line for line in listed.splitlines() if line.split("\t")[0] == queue]
        [node] = [node for node in self.nodes if node.name in line]
        return node


@contextmanager
def rabbitmq_cluster() -> Iterator[RabbitMqCluster]:
    """A cluster of one's own."""
    with ExitStack() as stack:
        mapper_port = stack.enter_context(port_mapper())
        nodes: list[RabbitMq] = []
        for _ in range(_NODES):
            folder = stack.enter_context(folder_for(_USER))
            nodes.append(RabbitMq(folder, _MEMORY, mapper_port, join=nodes[0] if nodes else None))
            nodes[-1].start()
            stack.callback(nodes[-1].stop)
        yield RabbitMqCluster(nodes)
