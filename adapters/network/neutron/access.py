"""The way to Neutron's REST API, with Keystone or without."""

from dataclasses import dataclass
from typing import Any

import requests
from keystoneauth1 import exceptions as keystone
from keystoneauth1.adapter import Adapter
from keystoneauth1.identity import BaseIdentityPlugin
from keystoneauth1.noauth import NoAuth
from keystoneauth1.session import Session
from openstack.config import OpenStackConfig
from openstack.exceptions import ConfigException

_SERVICE = "network"


class AccessUnusable(ValueError):
    """What was configured does not tell how to reach Neutron."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeutronAccess:
    """How to reach Neutron.

    `cloud` names an entry of clouds.yaml; None: the environment (OS_*) tells. With an
    `endpoint` Keystone is not asked: requests say by headers that they are an administrator's
    of `project_id`, which only a Neutron that trusts its network believes. `timeout` is in
    seconds, for each request.
    """

    cloud: str | None = None
    endpoint: str | None = None
    project_id: str = "pierhead"
    user_id: str = "pierhead"
    timeout: float = 5.0


def adapter_for(access: NeutronAccess) -> Adapter:
    """What sends requests; asks nobody yet. Raises AccessUnusable."""
    return _without_keystone(access) if access.endpoint else _with_keystone(access)


def roles_of(adapter: Adapter) -> frozenset[str] | None:
    """The names of the roles that Keystone says the credentials have; None: it does not say.
    Raises keystoneauth1's ClientException."""
    auth = adapter.session.auth
    if not isinstance(auth, BaseIdentityPlugin):
        return None
    return frozenset(auth.get_access(adapter.session).role_names or ())


def _with_keystone(access: NeutronAccess) -> Adapter:
    try:
        known = OpenStackConfig(session_constructor=_FreshSession)
        region = known.get_one(access.cloud, api_timeout=access.timeout)
        session = region.get_session()
    except (ConfigException, keystone.ClientException) as error:
        where = "the environment (OS_*)" if access.cloud is None else f"cloud {access.cloud}"
        raise AccessUnusable(f"{where} does not tell how to reach Neutron: {error}") from error
    return Adapter(
        session,
        service_type=_SERVICE,
        interface=region.get_interface(_SERVICE),
        region_name=region.get_region_name(_SERVICE),
        endpoint_override=region.get_endpoint(_SERVICE),
    )


def _without_keystone(access: NeutronAccess) -> Adapter:
    headers = {
        "X-Project-Id": access.project_id,
        "X-User-Id": access.user_id,
        "X-Roles": "admin",
    }
    auth = NoAuth(endpoint=access.endpoint)
    session = _FreshSession(auth=auth, timeout=access.timeout, additional_headers=headers)
    return Adapter(session, service_type=_SERVICE)


class _FreshSession(Session):
    def __init__(self, **options: Any) -> None:
        super().__init__(session=_FreshConnections(), **options)


class _FreshConnections(requests.Session):
    """Opens a connection for each request.

    One that is kept may be closed by the other side just when it is used again, as uWSGI does
    without notice, and then nobody knows whether the request took effect.
    """

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        with requests.Session() as once:
            return once.send(request, **options)
