"""Requests and candidates with defaults that fit, for tests that change one thing."""

from dataclasses import replace

from core.domain.binding import NetworkNeed
from core.domain.device import Capabilities, Device, DeviceStatus, DriverInfo
from core.domain.placement.request import Candidate, PlacementRequest, Requirements
from core.domain.service import ServiceKind

NET_A = NetworkNeed(network_id="net-a", cidr="10.1.0.0/24")
NET_B = NetworkNeed(network_id="net-b", cidr="10.2.0.0/24")

EVERYTHING = Capabilities(
    protocols=frozenset({"HTTP", "TCP"}),
    methods=frozenset({"ROUND_ROBIN"}),
    monitors=frozenset({"TCP"}),
    persistences=frozenset({"SOURCE_IP"}),
)

DRIVER = DriverInfo(
    name="haproxy",
    description="",
    kinds=frozenset({ServiceKind.LOADBALANCER}),
    schema={},
    capabilities=EVERYTHING,
    limits={},
    versions=("2.8", "3."),
    isolates_overlapping=False,
    data_interface="eth1",
    physical=False,
)


def request(**changes) -> PlacementRequest:
    base = PlacementRequest(
        service_id="vip-1",
        project_id="blue",
        kind=ServiceKind.LOADBALANCER,
        service_type_id="gold",
        drivers=("haproxy",),
        requirements=Requirements(vip_address="10.1.0.5", networks=(NET_A, NET_B)),
    )
    return replace(base, **changes)


def device(**changes) -> Device:
    base = Device(
        id="d1", name="lb1", driver="haproxy", status=DeviceStatus.ONLINE, version="2.8.25"
    )
    return replace(base, **changes)


def candidate(*, on: Device | None = None, **changes) -> Candidate:
    base = Candidate(
        device=on or device(),
        driver=DRIVER,
        limits={"vips": 10, "vlans:eth1": 4},
        capabilities=EVERYTHING,
    )
    return replace(base, **changes)
