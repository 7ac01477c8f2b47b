"""The configuration files of the lab's Neutron."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.environment import NeutronEnvironment

Sections = Mapping[str, Mapping[str, object]]

PHYSICAL_NETWORK = "physnet1"
PHYSICAL_BRIDGE = "br-phys"
INTEGRATION_BRIDGE = "br-int"
VLANS = (100, 999)
"""The segments of tenants' networks."""

_PRIVSEP = ("", "_dhcp_release", "_ovs_vsctl", "_namespace", "_conntrack", "_link")
_NOAUTH = (
    "noauth = cors http_proxy_to_wsgi request_id fake_project_id catch_errors osprofiler",
    "noauth = cors http_proxy_to_wsgi request_id keystonecontext catch_errors osprofiler",
)
"""Neutron's pipeline without Keystone, and one that believes the identity headers."""


@dataclass(frozen=True)
class Choices:
    """What a test may choose of the lab's Neutron.

    `service_plugins` and `mechanism_drivers` come after those that the lab needs itself.
    `workers` are the API's processes. With `keystone`, callers are who Keystone says, instead of
    whoever their headers say. `extra` sets options by section, over all others.
    """

    service_plugins: Sequence[str] = ()
    mechanism_drivers: Sequence[str] = ()
    api_extensions_path: str = ""
    host: str = "lab"
    workers: int = 1
    keystone: bool = False
    extra: Sections = field(default_factory=dict)


@dataclass(frozen=True)
class Services:
    """Where the servers that Neutron uses are."""

    database_url: str
    amqp_url: str
    switch: str
    api_port: int
    openflow_port: int
    identity: Mapping[str, object] = field(default_factory=dict)
    """How Neutron finds Keystone (``[keystone_authtoken]``); empty: there is none."""


def write_configuration(
    folder: Path, environment: NeutronEnvironment, services: Services, choices: Choices
) -> list[Path]:
    """The files for Neutron's programs, in the order in which they read them."""
    folder.mkdir(parents=True, exist_ok=True)
    paste = folder / "api-paste.ini"
    theirs = environment.neutron.folder / "etc" / "neutron" / "api-paste.ini"
    pipeline = theirs.read_text()
    if pipeline.count(_NOAUTH[0]) != 1:
        raise RuntimeError(f"{theirs} has another pipeline than expected")
    paste.write_text(pipeline.replace(*_NOAUTH))
    main, plugin = folder / "neutron.conf", folder / "ml2_conf.ini"
    helper = f"{environment.neutron.folder / 'bin' / 'privsep-helper'} --config-file {main}"
    ml2 = _ml2(services, choices)
    for path, sections, extra in (
        (main, _neutron(folder, paste, services, choices, helper), choices.extra.keys() - ml2),
        (plugin, ml2, choices.extra.keys() & ml2),
    ):
        write_sections(
            path, _merged(sections, {name: choices.extra[name] for name in sorted(extra)})
        )
    return [main, plugin]


def _neutron(
    folder: Path, paste: Path, services: Services, choices: Choices, helper: str
) -> Sections:
    return {
        "DEFAULT": {
            "core_plugin": "ml2",
            "service_plugins": ",".join(("trunk", *choices.service_plugins)),
            "api_extensions_path": choices.api_extensions_path,
            "api_paste_config": paste,
            "auth_strategy": "keystone" if services.identity else "noauth",
            "host": choices.host,
            "transport_url": services.amqp_url.replace("amqp://", "rabbit://"),
            "state_path": folder / "state",
            "rpc_workers": 1,
            "rpc_state_report_workers": 0,
            "notify_nova_on_port_status_changes": False,
            "notify_nova_on_port_data_changes": False,
            # The agent's first call may be before the server listens.
            "rpc_response_timeout": 8,
            # Nobody serves DHCP.
            "dhcp_agent_notification": False,
        },
        "database": {
            "connection": services.database_url.replace("+psycopg:", "+psycopg2:"),
        },
        "keystone_authtoken": services.identity,
        "oslo_concurrency": {"lock_path": folder / "locks"},
        "agent": {"root_helper": "", "report_interval": 5},
        **{f"privsep{name}": {"helper_command": helper} for name in _PRIVSEP},
    }


def _ml2(services: Services, choices: Choices) -> Sections:
    first, last = VLANS
    return {
        "ml2": {
            "type_drivers": "vlan,flat",
            "tenant_network_types": "vlan",
            "mechanism_drivers": ",".join(("openvswitch", *choices.mechanism_drivers)),
            "extension_drivers": "port_security",
        },
        "ml2_type_vlan": {"network_vlan_ranges": f"{PHYSICAL_NETWORK}:{first}:{last}"},
        "ml2_type_flat": {"flat_networks": "*"},
        # Address pairs are there with security groups only, which nobody enforces here.
        "securitygroup": {"firewall_driver": "noop"},
        "agent": {"polling_interval": 1},
        "ovs": {
            "datapath_type": "netdev",
            "ovsdb_connection": services.switch,
            "integration_bridge": INTEGRATION_BRIDGE,
            "bridge_mappings": f"{PHYSICAL_NETWORK}:{PHYSICAL_BRIDGE}",
            "of_listen_port": services.openflow_port,
        },
    }


def _merged(sections: Sections, over: Sections) -> Sections:
    names = {**sections, **over}
    return {name: {**sections.get(name, {}), **over.get(name, {})} for name in names}


def write_sections(path: Path, sections: Sections) -> None:
    """Write a configuration file as OpenStack's programs read it."""
    lines: list[str] = []
    for name, options in sections.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {value}" for key, value in options.items()]
    path.write_text("\n".join(lines) + "\n")
