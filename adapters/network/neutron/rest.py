"""Neutron over its REST API, with Keystone or without."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from keystoneauth1 import exceptions as keystone

from adapters.network.neutron.access import AccessUnusable, NeutronAccess, adapter_for, roles_of
from adapters.network.neutron.calls import CallFailure, Document, Kind

__all__ = ["AccessUnusable", "NeutronAccess", "RestCalls"]

_ADMIN = "admin"
_COLLECTIONS = {
    Kind.NETWORK: "networks",
    Kind.SUBNET: "subnets",
    Kind.PORT: "ports",
    Kind.TRUNK: "trunks",
    Kind.RBAC_POLICY: "rbac_policies",
}

_log = logging.getLogger(__name__)


class RestCalls:
    """NeutronCalls by HTTP. Threads may share it."""

    def __init__(self, access: NeutronAccess) -> None:
        """Ask nobody yet. Raises AccessUnusable."""
        self._access = access
        self._adapter = adapter_for(access)
        self._roles_looked_at = False

    @property
    def project_id(self) -> str:
        """The project of the credentials."""
        if self._access.endpoint:
            return self._access.project_id
        try:
            return self._adapter.get_project_id() or ""
        except keystone.ClientException as error:
            raise _unanswered(error) from error

    def find(self, kind: Kind, **filters: Sequence[str]) -> Sequence[Document]:
        """Ask page by page, should Neutron's operator have limited the size of answers."""
        collection = _COLLECTIONS[kind]
        path = collection.replace("_", "-")
        found: list[Document] = []
        marker: dict[str, str] = {}
        while True:
            answer = self._call("GET", path, params={**filters, **marker})
            found += answer[collection]
            links = answer.get(f"{collection}_links", ())
            if not any(link["rel"] == "next" for link in links):
                return found
            marker = {"marker": found[-1]["id"]}

    def create_port(self, body: Document) -> Document:
        """POST it."""
        return self._port("POST", "ports", body)

    def update_port(self, port_id: str, body: Document) -> Document:
        """PUT what changes."""
        return self._port("PUT", f"ports/{port_id}", body)

    def delete_port(self, port_id: str) -> None:
        """DELETE it."""
        self._call("DELETE", f"ports/{port_id}")

    def add_subport(self, trunk_id: str, port_id: str, vlan: int) -> None:
        """PUT it to the trunk's subports."""
        subport = {"port_id": port_id, "segmentation_type": "vlan", "segmentation_id": vlan}
        self._call("PUT", f"trunks/{trunk_id}/add_subports", json={"sub_ports": [subport]})

    def remove_subport(self, trunk_id: str, port_id: str) -> None:
        """PUT it to those to be removed."""
        subports = {"sub_ports": [{"port_id": port_id}]}
        self._call("PUT", f"trunks/{trunk_id}/remove_subports", json=subports)

    def extensions(self) -> frozenset[str]:
        """GET them."""
        answer = self._call("GET", "extensions")
        return frozenset(each["alias"] for each in answer["extensions"])

    def port_quota(self, project_id: str) -> int:
        """GET it."""
        return int(self._call("GET", f"quotas/{project_id}")["quota"]["port"])

    def _port(self, method: str, path: str, body: Document) -> Document:
        port: Document = self._call(method, path, json={"port": dict(body)})["port"]
        return port

    def _look_at_roles(self) -> None:
        """Warn once of credentials that only Neutron's own policies could make an admin's: it
        does not refuse them, but finds nothing of tenants'."""
        if self._roles_looked_at:
            return
        roles = roles_of(self._adapter)
        self._roles_looked_at = True
        if roles is not None and _ADMIN not in roles:
            _log.warning(
                "Pierhead's own credentials lack the role admin (they have: %s), so Neutron may "
                "show none of tenants' networks",
                ", ".join(sorted(roles)) or "none",
            )

    def _call(self, method: str, path: str, **request: Any) -> Mapping[str, Any]:
        try:
            endpoint = self._adapter.get_endpoint()
            if not endpoint:
                raise CallFailure("EndpointNotFound", None, "the catalogue has no network service")
            self._look_at_roles()
            base = endpoint.rstrip("/").removesuffix("/v2.0")
            response = self._adapter.request(
                f"{base}/v2.0/{path}", method, raise_exc=False, **request
            )
        except keystone.ClientException as error:
            raise _unanswered(error) from error
        if response.status_code >= 400:
            raise _refused(response)
        try:
            answer: Mapping[str, Any] = response.json() if response.content else {}
        except ValueError as error:
            raise CallFailure("NotJSON", 502, f"{path}: {error}") from error
        return answer


def _unanswered(error: keystone.ClientException) -> CallFailure:
    """Keystone's refusals have a status, which is not Neutron's: what it refuses are
    credentials. Everything else is no answer."""
    if isinstance(error, keystone.HttpError):
        return CallFailure(type(error).__name__, error.http_status, str(error))
    return CallFailure(type(error).__name__, None, str(error))


def _refused(response: requests.Response) -> CallFailure:
    try:
        error = response.json()["NeutronError"]
        return CallFailure(error["type"], response.status_code, error["message"])
    except (ValueError, KeyError, TypeError):
        return CallFailure("HTTPError", response.status_code, response.text[:200])
