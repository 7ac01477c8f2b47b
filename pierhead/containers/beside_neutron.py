"""Addresses and wires from a Neutron that is another process."""

from adapters.network.neutron import NeutronIpam, NeutronWirer
from adapters.network.neutron.rest import AccessUnusable, NeutronAccess, RestCalls
from pierhead.errors import StartupError
from pierhead.settings import NeutronAuth, Settings


def neutron_wiring(settings: Settings) -> tuple[NeutronIpam, NeutronWirer]:
    """Both over one connection, which is not made yet. Raises StartupError."""
    try:
        calls = RestCalls(access_of(settings))
    except AccessUnusable as error:
        raise StartupError(f"wiring = neutron: {error}") from error
    return NeutronIpam(calls), NeutronWirer(calls, settings.neutron_security_groups)


def access_of(settings: Settings) -> NeutronAccess:
    """How these settings have Neutron reached."""
    if settings.neutron_auth is NeutronAuth.KEYSTONE:
        return NeutronAccess(
            cloud=settings.neutron_cloud or None, timeout=settings.neutron_timeout_seconds
        )
    return NeutronAccess(
        endpoint=settings.neutron_url,
        project_id=settings.neutron_project,
        user_id=settings.neutron_user,
        timeout=settings.neutron_timeout_seconds,
    )
