"""The HTTP façade over a core."""

from typing import Any

from dependency_injector import providers

from adapters.http.app import App, build_app
from adapters.http.services import Services
from core.usecases.fleet.backlog import Backlog
from core.usecases.fleet.dead_letters import DeadLetterBox
from pierhead.version import VERSION


def web_app(core: Any, hosts: Any = None) -> providers.Singleton[App]:
    """A provider of the WSGI application.

    `core` is a container's provider of a Core; `hosts` are the names by which the server may
    be called besides addresses and ``localhost``, or a provider of them; None: any.
    """
    services = providers.Singleton(
        Services,
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
    return providers.Singleton(build_app, services, core.validator, version=VERSION, hosts=hosts)
