"""The use cases that the façade serves."""

from dataclasses import dataclass

from core.usecases.fleet.agents import Agents
from core.usecases.fleet.attachments import Attachments
from core.usecases.fleet.backlog import Backlog
from core.usecases.fleet.bindings import Bindings
from core.usecases.fleet.dead_letters import DeadLetterBox
from core.usecases.fleet.decisions import Decisions
from core.usecases.fleet.device_pools import DevicePools
from core.usecases.fleet.devices import Devices
from core.usecases.fleet.drivers import Drivers
from core.usecases.fleet.lbaas_agents import LbaasAgents
from core.usecases.fleet.service_types import ServiceTypes
from core.usecases.loadbalancing.health_monitors import HealthMonitors
from core.usecases.loadbalancing.members import Members
from core.usecases.loadbalancing.pools import Pools
from core.usecases.loadbalancing.vips import Vips
from core.usecases.networks.networks import Networks
from core.usecases.networks.subnets import Subnets
from core.usecases.placement.capacity import Capacity
from core.usecases.placement.what_if import WhatIf


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One object for each resource. Networks and subnets are None where somebody else has them."""

    vips: Vips
    pools: Pools
    members: Members
    health_monitors: HealthMonitors
    networks: Networks | None
    subnets: Subnets | None
    drivers: Drivers
    devices: Devices
    device_pools: DevicePools
    service_types: ServiceTypes
    bindings: Bindings
    attachments: Attachments
    decisions: Decisions
    what_if: WhatIf
    capacity: Capacity
    agents: Agents
    backlog: Backlog
    dead_letters: DeadLetterBox
    lbaas_agents: LbaasAgents
