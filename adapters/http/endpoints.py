"""The table of all resources."""

from collections.abc import Iterator

from adapters.http.attribute import ResourceSchema
from adapters.http.endpoint import Endpoint, ReadEndpoint
from adapters.http.schemas.attachments import ATTACHMENTS
from adapters.http.schemas.device_pools import DEVICE_POOLS
from adapters.http.schemas.devices import DEVICES, DRIVERS
from adapters.http.schemas.health_monitors import HEALTH_MONITORS
from adapters.http.schemas.members import MEMBERS
from adapters.http.schemas.networks import NETWORKS
from adapters.http.schemas.operations import DEAD_LETTERS
from adapters.http.schemas.placement import AGENTS, BINDINGS, DECISIONS
from adapters.http.schemas.pools import POOLS
from adapters.http.schemas.service_types import SERVICE_TYPES
from adapters.http.schemas.subnets import SUBNETS
from adapters.http.schemas.vips import VIPS
from adapters.http.services import Services
from core.ports.schema_validator import SchemaValidator
from core.usecases.fleet.device_pool_types import CreateDevicePool, UpdateDevicePool
from core.usecases.fleet.device_types import CreateDevice, UpdateDevice
from core.usecases.fleet.service_types import CreateServiceType, UpdateServiceType
from core.usecases.loadbalancing.types import (
    CreateHealthMonitor,
    CreateMember,
    CreatePool,
    CreateVip,
    UpdateHealthMonitor,
    UpdateMember,
    UpdatePool,
    UpdateVip,
)
from core.usecases.networks.types import (
    CreateNetwork,
    CreateSubnet,
    UpdateNetwork,
    UpdateSubnet,
)

CHANGEABLE: tuple[ResourceSchema, ...] = (
    VIPS,
    POOLS,
    MEMBERS,
    HEALTH_MONITORS,
    NETWORKS,
    SUBNETS,
    DEVICES,
    DEVICE_POOLS,
    SERVICE_TYPES,
)
READABLE: tuple[ResourceSchema, ...] = (
    DRIVERS,
    BINDINGS,
    ATTACHMENTS,
    DECISIONS,
    AGENTS,
    DEAD_LETTERS,
)


def endpoints(services: Services, validator: SchemaValidator) -> list[Endpoint]:
    """The resources that clients change."""
    return [
        Endpoint(VIPS, services.vips, CreateVip, UpdateVip, validator),
        Endpoint(POOLS, services.pools, CreatePool, UpdatePool, validator),
        Endpoint(MEMBERS, services.members, CreateMember, UpdateMember, validator),
        Endpoint(
            HEALTH_MONITORS,
            services.health_monitors,
            CreateHealthMonitor,
            UpdateHealthMonitor,
            validator,
        ),
        *_catalogue(services, validator),
        Endpoint(DEVICES, services.devices, CreateDevice, UpdateDevice, validator),
        Endpoint(
            DEVICE_POOLS,
            services.device_pools,
            CreateDevicePool,
            UpdateDevicePool,
            validator,
        ),
        Endpoint(
            SERVICE_TYPES,
            services.service_types,
            CreateServiceType,
            UpdateServiceType,
            validator,
        ),
    ]


def _catalogue(services: Services, validator: SchemaValidator) -> Iterator[Endpoint]:
    if services.networks is not None:
        yield Endpoint(NETWORKS, services.networks, CreateNetwork, UpdateNetwork, validator)
    if services.subnets is not None:
        yield Endpoint(SUBNETS, services.subnets, CreateSubnet, UpdateSubnet, validator)


def read_endpoints(services: Services) -> list[ReadEndpoint]:
    """The resources that clients only look at."""
    return [
        ReadEndpoint(DRIVERS, services.drivers),
        ReadEndpoint(BINDINGS, services.bindings),
        ReadEndpoint(ATTACHMENTS, services.attachments),
        ReadEndpoint(DECISIONS, services.decisions),
        ReadEndpoint(AGENTS, services.agents),
        ReadEndpoint(DEAD_LETTERS, services.dead_letters),
    ]
