"""The deployments that the features run against, chosen with ``-D deployment=NAME``."""

from collections.abc import Callable
from functools import partial

from features.deployments.base import Answer, Deployment, Endpoint, PortClosed
from features.deployments.daemon import DaemonDeployment
from features.deployments.memory import MemoryDeployment
from features.deployments.quantum import QuantumDeployment
from features.deployments.split import SplitDeployment

__all__ = ["DEPLOYMENTS", "Answer", "Deployment", "Endpoint", "PortClosed"]

DEPLOYMENTS: dict[str, Callable[[], Deployment]] = {
    "memory": MemoryDeployment,
    "daemon": DaemonDeployment,
    "split-postgresql": partial(SplitDeployment, "postgresql"),
    "quantum": QuantumDeployment,
    "split-mariadb": partial(SplitDeployment, "mariadb"),
}
