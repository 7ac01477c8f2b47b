"""The HTTP façade over a core."""

from typing import Any

from dependency_injector import providers

from adapters.http.app import App, build_app
from adapters.http.services import Services
from core.usecases.fleet.backlog import Backlog
from core.usecases.fleet.dead_letters import DeadLetterBox
from core.usecases.networks.networks import Networks
from core.usecases.networks.subnets import Subnets
from pierhead.version import VERSION


def services_of(core: Any, *, catalogue: Any = True) -> providers.Singleton[Services]:
    """A provider of the use cases that are served.

    `core` is a container's provider of a Core; `catalogue`, or a provider of it, says whether
    our own networks and subnets are in use.
    """
    return providers.Singleton(
        _services,
        catalogue=catalogue,
        vips=core.vips,
        pools=core.pools,
        members=core.members,
        health_monitors=core.health_monitors,
        networks=core.networks,
        subnets=core.subnets,
        drivers=core.driver_catalogue,
        devices=core.devices,
        device_pools=core.device_pools,
        service_types=core.service_types,
        bindings=core.bindings,
        attachments=core.attachments,
        decisions=core.decisions,
        what_if=core.what_if,
        capacity=core.capacity,
        agents=core.agents,
        backlog=providers.Singleton(
            Backlog, store=core.store, agents=core.agents, clock=core.clock
        ),
        dead_letters=providers.Singleton(DeadLetterBox, core.dead_letters),
        lbaas_agents=core.lbaas_agents,
    )


def web_app(
    core: Any, hosts: Any = None, *, catalogue: Any = True, services: Any = None
) -> providers.Singleton[App]:
    """A provider of the WSGI application.

    `hosts` are the names by which the server may be called besides addresses and
    ``localhost``, or a provider of them; None: any. `services` is a provider of what is
    served; None: that of `services_of`.
    """
    if services is None:
        services = services_of(core, catalogue=catalogue)
    return providers.Singleton(build_app, services, core.validator, version=VERSION, hosts=hosts)


def _services(*, catalogue: bool, networks: Networks, subnets: Subnets, **others: Any) -> Services:
    return Services(
        networks=networks if catalogue else None,
        subnets=subnets if catalogue else None,
        **others,
    )
