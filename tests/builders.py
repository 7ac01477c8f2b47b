"""Domain objects with defaults, for tests that care about one or two of their fields.

Ids are spelled out of a name, so that failures can be read: ``uid("web")``.
"""

import uuid
from typing import Any

from core.domain.agent import Agent
from core.domain.binding import Binding, Claim, InsertionMode, NetworkNeed
from core.domain.device import VIPS, Device
from core.domain.device_pool import DevicePool
from core.domain.loadbalancer.model import (
    HealthMonitor,
    Listener,
    LoadBalancer,
    Member,
    Method,
    MonitorType,
    Pool,
    PoolMonitor,
    Protocol,
)
from core.domain.network import AllocationPool, Network, Reservation, Subnet
from core.domain.placement.decision import Decision
from core.domain.service import Service, ServiceKind
from core.domain.service_type import ServiceType

PROJECT = "demo"


def uid(name: str) -> str:
    """The same UUID for the same name, always."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))


def number(name: str) -> int:
    """The same number for the same name, always, and another one for each."""
    return uuid.uuid5(uuid.NAMESPACE_OID, name).int >> 65


def a_service(name: str = "service", /, **fields: Any) -> Service:
    defaults = {
        "id": uid(name),
        "kind": ServiceKind.LOADBALANCER,
        "project_id": PROJECT,
        "service_type_id": uid("gold"),
    }
    return Service(**{**defaults, **fields})


def a_service_type(name: str = "gold", /, **fields: Any) -> ServiceType:
    return ServiceType(**{"id": uid(name), "name": name, "drivers": ("haproxy",), **fields})


def a_device(name: str = "lb1", /, **fields: Any) -> Device:
    defaults = {"id": uid(name), "number": number(name), "name": name, "driver": "haproxy"}
    return Device(**{**defaults, **fields})


def a_device_pool(name: str = "elastic", /, **fields: Any) -> DevicePool:
    return DevicePool(**{"id": uid(name), "name": name, "driver": "haproxy", **fields})


def a_claim(
    service: str = "service", /, device: str = "lb1", interface: str = "eth1", **fields: Any
) -> Claim:
    """The claim of the binding that has these fields."""
    return Claim(binding=a_binding(service, device, **fields), interface=interface)


def a_binding(service: str = "service", /, device: str = "lb1", **fields: Any) -> Binding:
    defaults = {
        "service_id": uid(service),
        "project_id": PROJECT,
        "device_id": uid(device),
        "driver": "haproxy",
        "mode": InsertionMode.ONE_ARM,
        "vip_address": "127.9.0.10",
        "networks": (NetworkNeed(network_id=uid("front"), cidr="127.9.0.0/24"),),
        "claims": {VIPS: 1},
        "decision_id": uid("decision"),
    }
    return Binding(**{**defaults, **fields})


def a_decision(name: str = "decision", /, **fields: Any) -> Decision:
    defaults = {
        "id": uid(name),
        "service_id": uid("service"),
        "project_id": PROJECT,
        "decided_at": 1_700_000_000.0,
        "service_type_id": uid("gold"),
        "device_id": uid("lb1"),
        "considered": 1,
    }
    return Decision(**{**defaults, **fields})


def a_listener(name: str = "service", /, **fields: Any) -> Listener:
    """The listener of the load balancer `name`."""
    defaults = {
        "id": uid(f"listener of {name}"),
        "load_balancer_id": uid(name),
        "protocol": Protocol.HTTP,
        "protocol_port": 80,
    }
    return Listener(**{**defaults, **fields})


def a_load_balancer(name: str = "service", /, **fields: Any) -> LoadBalancer:
    """The load balancer of the service `name`, with one listener and no pool."""
    defaults = {
        "id": uid(name),
        "project_id": PROJECT,
        "name": name,
        "vip_network_id": uid("front"),
        "vip_subnet_id": uid("front subnet"),
        "vip_cidr": "127.9.0.0/24",
        "vip_address": "127.9.0.10",
        "vip_port_id": uid(f"port of {name}"),
        "listeners": (a_listener(name),),
    }
    return LoadBalancer(**{**defaults, **fields})


def a_pool(name: str = "pool", /, **fields: Any) -> Pool:
    defaults = {
        "id": uid(name),
        "project_id": PROJECT,
        "name": name,
        "network_id": uid("front"),
        "subnet_id": uid("front subnet"),
        "cidr": "127.9.0.0/24",
        "protocol": Protocol.HTTP,
        "method": Method.ROUND_ROBIN,
    }
    return Pool(**{**defaults, **fields})


def a_member(name: str = "member", /, pool: str = "pool", **fields: Any) -> Member:
    defaults = {
        "id": uid(name),
        "project_id": PROJECT,
        "pool_id": uid(pool),
        "address": "127.9.0.20",
        "protocol_port": 8080,
    }
    return Member(**{**defaults, **fields})


def a_health_monitor(name: str = "monitor", /, **fields: Any) -> HealthMonitor:
    defaults = {
        "id": uid(name),
        "project_id": PROJECT,
        "type": MonitorType.HTTP,
        "delay": 2,
        "timeout": 1,
        "max_retries": 3,
    }
    return HealthMonitor(**{**defaults, **fields})


def a_pool_monitor(pool: str = "pool", /, monitor: str = "monitor", **fields: Any) -> PoolMonitor:
    defaults = {
        "id": uid(f"{pool} uses {monitor}"),
        "project_id": PROJECT,
        "pool_id": uid(pool),
        "monitor_id": uid(monitor),
    }
    return PoolMonitor(**{**defaults, **fields})


def a_network(name: str = "front", /, **fields: Any) -> Network:
    return Network(**{"id": uid(name), "project_id": PROJECT, "name": name, **fields})


def a_subnet(name: str = "front subnet", /, network: str = "front", **fields: Any) -> Subnet:
    defaults = {
        "id": uid(name),
        "project_id": PROJECT,
        "network_id": uid(network),
        "name": name,
        "cidr": "127.9.0.0/24",
        "gateway_ip": "127.9.0.1",
        "allocation_pools": (AllocationPool("127.9.0.2", "127.9.0.254"),),
    }
    return Subnet(**{**defaults, **fields})


def a_reservation(address: str = "127.9.0.10", /, **fields: Any) -> Reservation:
    defaults = {
        "id": uid(f"port at {address}"),
        "subnet_id": uid("front subnet"),
        "address": address,
        "owner": uid("service"),
        "reserved_at": 1_700_000_000.0,
    }
    return Reservation(**{**defaults, **fields})


def an_agent(name: str = "agent1", /, **fields: Any) -> Agent:
    defaults = {
        "id": name,
        "host": "localhost",
        "version": "0.1.0",
        "drivers": ("haproxy",),
        "incarnation": "first",
        "group": "default",
        "zones": (),
        "backlog": 0,
        "started_at": 1_700_000_000.0,
        "seen_at": 1_700_000_010.0,
        "heartbeat": 10.0,
    }
    return Agent(**{**defaults, **fields})
