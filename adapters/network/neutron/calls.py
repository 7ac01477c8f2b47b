"""What is asked of Neutron, whichever way it is reached."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

Document = Mapping[str, Any]
"""An object as Neutron's API shows it."""


class Kind(StrEnum):
    """A kind of Neutron's objects, by its name in the API."""

    NETWORK = "network"
    SUBNET = "subnet"
    PORT = "port"
    TRUNK = "trunk"
    RBAC_POLICY = "rbac_policy"


class CallFailure(Exception):
    """Neutron refused or did not answer.

    `type` is the name that Neutron gives the error, `status` that of HTTP. Without a status
    there was no answer, and nobody knows whether the call took effect; the same goes for 5xx.
    `detail` is for the log, not for tenants.
    """

    def __init__(self, type_: str, status: int | None, detail: str = "") -> None:
        super().__init__(f"{type_} ({status or 'no answer'}): {detail}")
        self.type = type_
        self.status = status
        self.detail = detail


class NeutronCalls(Protocol):
    """Neutron's API with an administrator's rights. All raise CallFailure."""

    @property
    def project_id(self) -> str:
        """The project that the ports of devices belong to."""

    def find(self, kind: Kind, **filters: Sequence[str]) -> Sequence[Document]:
        """All objects of a kind, of each attribute named one of the values given."""

    def create_port(self, body: Document) -> Document:
        """Make a port; it counts against the quota of its project."""

    def update_port(self, port_id: str, body: Document) -> Document:
        """Change the attributes named."""

    def delete_port(self, port_id: str) -> None:
        """Remove a port."""

    def add_subport(self, trunk_id: str, port_id: str, vlan: int) -> None:
        """Have a trunk carry a port's network under a VLAN."""

    def remove_subport(self, trunk_id: str, port_id: str) -> None:
        """Undo `add_subport`."""

    def extensions(self) -> frozenset[str]:
        """The aliases of the API extensions that are loaded."""

    def port_quota(self, project_id: str) -> int:
        """How many ports a project may have."""
