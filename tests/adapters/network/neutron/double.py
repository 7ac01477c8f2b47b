"""Neutron as the adapter meets it, in memory: the rules that it keeps, without the waiting."""

import ipaddress
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.network.neutron.calls import CallFailure, Document, Kind

MOST_PAIRS = 10
HOST = "compute"
SWITCHED = "appliance"
EXTENSIONS = frozenset({"trunk", "pierhead-ml2", "port-security"})


@dataclass
class NeutronDouble:
    """NeutronCalls over dictionaries. An agent lives on each of `hosts`, and our mechanism
    driver binds ports of `switched`."""

    project_id: str = "operator"
    hosts: set[str] = field(default_factory=lambda: {HOST})
    switched: set[str] = field(default_factory=lambda: {SWITCHED})
    loaded: frozenset[str] = EXTENSIONS
    quotas: dict[str, int] = field(default_factory=dict)
    networks: dict[str, dict[str, Any]] = field(default_factory=dict)
    subnets: dict[str, dict[str, Any]] = field(default_factory=dict)
    ports: dict[str, dict[str, Any]] = field(default_factory=dict)
    trunks: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    agent_looks: bool = True
    """Whether the agent takes subports at once; it may be slow or away."""
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def add_network(
        self, network_id: str, *cidrs: str, project: str = "alice", **more: object
    ) -> list[str]:
        """A network with subnets of these ranges; their ids."""
        self.networks[network_id] = {
            "id": network_id,
            "project_id": project,
            "mtu": 1450,
            "port_security_enabled": True,
            "vlan": next(self._numbers) + 100,
            **more,
        }
        return [self.add_subnet(network_id, cidr, project) for cidr in cidrs]

    def add_subnet(self, network_id: str, cidr: str, project: str = "alice") -> str:
        subnet_id = f"{network_id}-{cidr}"
        self.subnets[subnet_id] = {
            "id": subnet_id,
            "network_id": network_id,
            "project_id": project,
            "cidr": cidr,
            "gateway_ip": str(ipaddress.ip_network(cidr)[1]),
        }
        return subnet_id

    def add_trunk(self, trunk_id: str) -> None:
        self.trunks[trunk_id] = {"id": trunk_id, "sub_ports": []}

    def share(self, network_id: str, project: str) -> None:
        identity = f"policy-{next(self._numbers)}"
        self.policies[identity] = {
            "id": identity,
            "object_type": "network",
            "object_id": network_id,
            "action": "access_as_shared",
            "target_tenant": project,
        }

    def find(self, kind: Kind, **filters: Sequence[str]) -> Sequence[Document]:
        if kind is Kind.TRUNK and "trunk" not in self.loaded:
            raise CallFailure("HTTPNotFound", 404)
        tables = {
            Kind.NETWORK: self.networks,
            Kind.SUBNET: self.subnets,
            Kind.PORT: self.ports,
            Kind.TRUNK: self.trunks,
            Kind.RBAC_POLICY: self.policies,
        }
        return [
            _copy(each)
            for each in tables[kind].values()
            if all(each[name] in values for name, values in filters.items())
        ]

    def create_port(self, body: Document) -> Document:
        network = self.networks.get(body["network_id"])
        if network is None:
            raise CallFailure("NetworkNotFound", 404)
        owned = [port for port in self.ports.values() if port["project_id"] == body["project_id"]]
        if len(owned) >= self.port_quota(body["project_id"]) >= 0:
            raise CallFailure("OverQuota", 409)
        number = next(self._numbers)
        port: dict[str, Any] = {
            "id": f"port-{number:05}",
            "name": "",
            "description": "",
            "device_id": "",
            "device_owner": "",
            "admin_state_up": True,
            "mac_address": f"fa:16:3e:00:{number >> 8:02x}:{number & 255:02x}",
            "port_security_enabled": network["port_security_enabled"],
            "security_groups": [],
            "fixed_ips": [],
            "allowed_address_pairs": [],
            "binding:host_id": "",
            "binding:vnic_type": "normal",
            "binding:vif_type": "unbound",
            "binding:vif_details": {},
            "created_at": "2026-01-02T03:04:05Z",
        }
        self._change(port, body)
        self.ports[port["id"]] = port
        return _copy(port)

    def update_port(self, port_id: str, body: Document) -> Document:
        port = _copy(self._port(port_id))
        self._change(port, body)
        self.ports[port_id] = port
        return _copy(port)

    def delete_port(self, port_id: str) -> None:
        self._port(port_id)
        if self._trunks_of(port_id):
            raise CallFailure("PortInUseAsSubPort", 409)
        del self.ports[port_id]

    def add_subport(self, trunk_id: str, port_id: str, vlan: int) -> None:
        trunk = self._trunk(trunk_id)
        port = self._port(port_id)
        if self._trunks_of(port_id):
            raise CallFailure("TrunkPortInUse", 409)
        if port["device_id"]:
            raise CallFailure("PortInUse", 409)
        if any(each["segmentation_id"] == vlan for each in trunk["sub_ports"]):
            raise CallFailure("DuplicateSubPort", 409)
        trunk["sub_ports"].append({"port_id": port_id, "segmentation_id": vlan})
        if self.agent_looks:
            port["device_owner"] = "trunk:subport"
            port["binding:host_id"] = HOST
            port["binding:vif_type"] = "ovs"

    def remove_subport(self, trunk_id: str, port_id: str) -> None:
        trunk = self._trunk(trunk_id)
        kept = [each for each in trunk["sub_ports"] if each["port_id"] != port_id]
        if kept == trunk["sub_ports"]:
            raise CallFailure("SubPortNotFound", 404)
        trunk["sub_ports"] = kept

    def extensions(self) -> frozenset[str]:
        return self.loaded

    def port_quota(self, project_id: str) -> int:
        return self.quotas.get(project_id, -1)

    def _port(self, port_id: str) -> dict[str, Any]:
        if port_id not in self.ports:
            raise CallFailure("PortNotFound", 404)
        return self.ports[port_id]

    def _trunk(self, trunk_id: str) -> dict[str, Any]:
        if trunk_id not in self.trunks:
            raise CallFailure("TrunkNotFound", 404)
        return self.trunks[trunk_id]

    def _trunks_of(self, port_id: str) -> list[str]:
        return [
            trunk["id"]
            for trunk in self.trunks.values()
            if any(each["port_id"] == port_id for each in trunk["sub_ports"])
        ]

    def _change(self, port: dict[str, Any], body: Document) -> None:
        port |= _copy(dict(body))
        if "fixed_ips" in body:
            port["fixed_ips"] = self._addresses(port, body["fixed_ips"])
        if "allowed_address_pairs" in body:
            if not port["port_security_enabled"]:
                raise CallFailure("AddressPairAndPortSecurityRequired", 409)
            if len(body["allowed_address_pairs"]) > MOST_PAIRS:
                raise CallFailure("AllowedAddressPairExhausted", 400)
            port["allowed_address_pairs"] = [
                {"mac_address": port["mac_address"], **pair}
                for pair in body["allowed_address_pairs"]
            ]
        if "binding:host_id" in body:
            self._bind(port)

    def _bind(self, port: dict[str, Any]) -> None:
        host, physical = port["binding:host_id"], port["binding:vnic_type"] == "baremetal"
        port["binding:vif_details"] = {}
        if not host:
            port["binding:vif_type"] = "unbound"
        elif physical and host in self.switched:
            port["binding:vif_type"] = "other"
            vlan = self.networks[port["network_id"]]["vlan"]
            port["binding:vif_details"] = {} if vlan is None else {"vlan": str(vlan)}
        elif not physical and host in self.hosts:
            port["binding:vif_type"] = "ovs"
        else:
            port["binding:vif_type"] = "binding_failed"

    def _addresses(self, port: dict[str, Any], wanted: Sequence[Document]) -> list[dict[str, str]]:
        taken = {
            ip["ip_address"]
            for other in self.ports.values()
            for ip in other["fixed_ips"]
            if other["network_id"] == port["network_id"] and other["id"] != port["id"]
        }
        return [
            {"subnet_id": each["subnet_id"], "ip_address": self._address(each, taken)}
            for each in wanted
        ]

    def _address(self, wanted: Document, taken: set[str]) -> str:
        if wanted["subnet_id"] not in self.subnets:
            raise CallFailure("SubnetNotFound", 404)
        subnet = self.subnets[wanted["subnet_id"]]
        network = ipaddress.ip_network(subnet["cidr"])
        if "ip_address" in wanted:
            if ipaddress.ip_address(wanted["ip_address"]) not in network:
                raise CallFailure("InvalidIpForSubnet", 400)
            if wanted["ip_address"] in taken:
                raise CallFailure("IpAddressAlreadyAllocated", 409)
            return str(wanted["ip_address"])
        for address in network.hosts():
            if str(address) not in {*taken, subnet["gateway_ip"]}:
                return str(address)
        raise CallFailure("IpAddressGenerationFailure", 409)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(each) for key, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value
