"""Subnets as Neutron has them, and VIP addresses as ports that nothing is plugged into."""

import ipaddress
from collections.abc import Callable, Sequence
from datetime import datetime

from adapters.network.allocation import check_address
from adapters.network.neutron.calls import CallFailure, Document, Kind, NeutronCalls
from adapters.network.neutron.device_ports import OWNER
from adapters.network.neutron.faults import gone_is_fine, told_to_tenants
from core.domain.errors import AddressInUse, InvalidInput, NoFreeAddress, NotFound, OverQuota
from core.domain.network import Reservation, Subnet, SubnetInfo
from core.ports.unit_of_work import UnitOfWork

_PREFIX = "pierhead-vip-"
_EVERYBODY = "*"
_TAKEN = {"IpAddressInUse", "IpAddressAlreadyAllocated"}
_FULL = {"IpAddressGenerationFailure", "IpAddressGenerationFailureAllSubnets"}


class NeutronIpam:
    """An Ipam over Neutron's subnets and ports.

    A VIP's port belongs to the tenant and is never bound: devices that carry the VIP have
    ports of their own, to which the address is allowed besides.
    """

    def __init__(self, calls: NeutronCalls) -> None:
        self._calls = calls

    @property
    def in_store(self) -> bool:
        """Neutron keeps them."""
        return False

    def subnet(self, subnet_id: str) -> SubnetInfo | None:
        """What Neutron knows, with those that the network is shared with."""
        with told_to_tenants():
            found = self._subnet(subnet_id)
            if found is None:
                return None
            policies = self._calls.find(
                Kind.RBAC_POLICY,
                object_type=["network"],
                object_id=[found["network_id"]],
                action=["access_as_shared"],
            )
        targets = frozenset(_target(policy) for policy in policies)
        return SubnetInfo(
            id=found["id"],
            network_id=found["network_id"],
            cidr=found["cidr"],
            project_id=found["project_id"],
            shared=_EVERYBODY in targets,
            shared_with=targets - {_EVERYBODY},
        )

    def subnet_along(
        self,
        subnet_id: str,
        work: UnitOfWork,  # noqa: ARG002 not in the store
    ) -> Callable[[], SubnetInfo | None]:
        """See Ipam.subnet_along."""
        found = self.subnet(subnet_id)
        return lambda: found

    def check_member(self, subnet: SubnetInfo, address: str, port: int) -> str | None:  # noqa: ARG002 the port's
        """Any address that packets can be routed to."""
        member = ipaddress.ip_address(address)
        if isinstance(member, ipaddress.IPv6Address) and member.ipv4_mapped is not None:
            member = member.ipv4_mapped
        for kind in ("loopback", "multicast", "unspecified", "link_local", "reserved"):
            if getattr(member, f"is_{kind}"):
                return f"{address} is a {kind.replace('_', '-')} address, which no member has"
        return None

    def reserve_address(
        self,
        subnet_id: str,
        address: str | None,
        owner: str,
        project_id: str,
        work: UnitOfWork | None = None,  # noqa: ARG002 not in the store
        *,
        attempt: int = 0,  # noqa: ARG002 not in the store
    ) -> Reservation:
        """Make the VIP's port; of several that a race left, the first by id stays."""
        with told_to_tenants():
            subnet = self._subnet(subnet_id)
            if subnet is None:
                raise NotFound("Subnet", subnet_id)
            if address is not None:
                check_address(_as_subnet(subnet), address)
            mine = self._reserved(owner, subnet_id, project_id)
            if mine is not None:
                return mine
            try:
                port = self._calls.create_port(_body(subnet, address, owner, project_id))
            except CallFailure as failure:
                mine = self._reserved(owner, subnet_id, project_id)
                if mine is not None:
                    # A request that was given up earlier, by us or for us, took effect late.
                    return mine
                self._refuse(failure, subnet_id, address, project_id)
                raise
            return _reservation(port, subnet_id)

    def release_address(self, owner: str, work: UnitOfWork | None = None) -> None:  # noqa: ARG002 not in the store
        """Delete the owner's VIP ports."""
        with told_to_tenants():
            for port in self._vip_ports(device_id=[owner]):
                with gone_is_fine():
                    self._calls.delete_port(port["id"])

    def reservations(self) -> Sequence[Reservation]:
        """By all ports that are named as VIPs' are."""
        with told_to_tenants():
            return [_reservation(port) for port in self._vip_ports() if port["fixed_ips"]]

    def _subnet(self, subnet_id: str) -> Document | None:
        return next(iter(self._calls.find(Kind.SUBNET, id=[subnet_id])), None)

    def _vip_ports(self, **filters: Sequence[str]) -> list[Document]:
        found = self._calls.find(Kind.PORT, device_owner=[OWNER], **filters)
        return sorted(filter(_is_a_vips, found), key=lambda port: str(port["id"]))

    def _reserved(self, owner: str, subnet_id: str, project_id: str) -> Reservation | None:
        ports = [
            port
            for port in self._vip_ports(device_id=[owner], project_id=[project_id])
            if any(ip["subnet_id"] == subnet_id for ip in port["fixed_ips"])
        ]
        for other in ports[1:]:
            with gone_is_fine():
                self._calls.delete_port(other["id"])
        return _reservation(ports[0], subnet_id) if ports else None

    def _refuse(
        self, failure: CallFailure, subnet_id: str, address: str | None, project_id: str
    ) -> None:
        """Raise what a refusal means, if that is for the tenant to know."""
        if failure.type == "OverQuota":
            limit = self._calls.port_quota(project_id)
            raise OverQuota("Port", project_id, limit) from failure
        if failure.type in _FULL:
            raise NoFreeAddress(subnet_id) from failure
        if failure.status == 404:
            raise NotFound("Subnet", subnet_id) from failure
        if address is not None and failure.type in _TAKEN:
            raise AddressInUse(address, subnet_id) from failure
        if address is not None and failure.status == 400:
            raise InvalidInput("address", f"{address} is refused: {failure.type}") from failure


def _body(subnet: Document, address: str | None, owner: str, project_id: str) -> Document:
    fixed = {"subnet_id": subnet["id"]}
    if address is not None:
        fixed["ip_address"] = address
    return {
        "name": f"{_PREFIX}{owner}",
        "network_id": subnet["network_id"],
        "project_id": project_id,
        "device_id": owner,
        "device_owner": OWNER,
        "admin_state_up": True,
        "fixed_ips": [fixed],
    }


def _is_a_vips(port: Document) -> bool:
    return bool(port["name"] == f"{_PREFIX}{port['device_id']}")


def _reservation(port: Document, subnet_id: str | None = None) -> Reservation:
    """Neutron gives a port addresses of other subnets besides, where these hand out their own
    (SLAAC)."""
    of_subnet = (ip for ip in port["fixed_ips"] if ip["subnet_id"] == subnet_id)
    fixed = next(of_subnet, port["fixed_ips"][0])
    return Reservation(
        id=port["id"],
        subnet_id=fixed["subnet_id"],
        address=fixed["ip_address"],
        owner=port["device_id"],
        reserved_at=datetime.fromisoformat(port["created_at"]).timestamp(),
    )


def _target(policy: Document) -> str:
    return str(policy.get("target_project") or policy["target_tenant"])


def _as_subnet(document: Document) -> Subnet:
    return Subnet(
        id=document["id"],
        project_id=document["project_id"],
        network_id=document["network_id"],
        cidr=document["cidr"],
        gateway_ip=document["gateway_ip"],
    )
