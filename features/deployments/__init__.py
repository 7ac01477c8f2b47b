"""The deployments that the features run against, chosen with ``-D deployment=NAME``."""

from features.deployments.base import Answer, Deployment, Endpoint, PortClosed
from features.deployments.daemon import DaemonDeployment
from features.deployments.memory import MemoryDeployment

__all__ = ["DEPLOYMENTS", "Answer", "Deployment", "Endpoint", "PortClosed"]

DEPLOYMENTS: dict[str, type[Deployment]] = {
    "memory": MemoryDeployment,
    "daemon": DaemonDeployment,
}
