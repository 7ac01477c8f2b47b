"""What the commands need to know of each resource: one table instead of a module for each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from adapters.cli.text import dig, moment, plain
from core.domain.service_type import Policy

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list: `read` turns an object into the cell's text.

    A column that `refers` to another resource holds an id; people see the name instead.
    """

    title: str
    read: Callable[[Item], str]
    refers: str | None = None


def _field(name: str, *, title: str = "", refers: str | None = None) -> Column:
    return Column(title or name, lambda item: plain(dig(item, name)), refers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource of the API.

    `word` names it in commands and messages, `one` and `many` are its envelopes. Objects
    are found by id, by name when `named`, and by `alias` (text -> filters). A filter
    on a key of `references` takes a name and becomes one on the field. `options` maps a
    field, or a dotted path within one, to the option that sets it, where the two differ.
    Lists are in `order` unless another is asked for. `elsewhere`: some servers leave them to
    another system.
    """

    word: str
    path: str
    one: str
    many: str
    columns: tuple[Column, ...]
    named: bool = True
    alias: Callable[[str], Mapping[str, str]] = lambda _: {}
    references: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ("name",)
    elsewhere: bool = False

    @property
    def noun(self) -> str:
        """What people call one."""
        return self.word.replace("-", " ")

    @property
    def plural(self) -> str:
        """What people call several."""
        return f"{self.noun}s"


def _by_cidr(text: str) -> dict[str, str]:
    return {"cidr": text} if "/" in text else {}


def _by_endpoint(text: str) -> dict[str, str]:
    address, _, port = text.rpartition(":")
    return {"address": address.strip("[]"), "protocol_port": port} if port.isdecimal() else {}


def _endpoint(item: Item) -> str:
    address = plain(item.get("address"))
    host = f"[{address}]" if ":" in address else address
    return f"{host}:{plain(item.get('protocol_port'))}"


def use_of(item: Item, resource: str) -> str:
    """How much of a limit is claimed on a device, such as "3/100"."""
    used, limit = (dig(item, f"usage.resources.{resource}.{part}") for part in ("used", "limit"))
    return f"{used or 0}/{'unlimited' if limit is None else limit}"


def overclaimed(item: Item) -> list[str]:
    """The limits of a device beyond which it is claimed."""
    resources = dig(item, "usage.resources")
    parts = resources.items() if isinstance(resources, Mapping) else ()
    return [name for name, use in parts if use.get("over")]


def _advisor(item: Item) -> str:
    """Whether a driver has a say in placement, and fails at it."""
    if not dig(item, "advisor.advises"):
        return "-"
    return "ok" if dig(item, "advisor.failing_since") is None else "failing"


_ID = _field("id")
_NAME = _field("name")
_STATUS = _field("status")
_TENANT = {"tenant_id": "--project", "project_id": "--project"}
_POLICY = {f"policy.{part.name}": f"--{part.name.replace('_', '-')}" for part in fields(Policy)} | {
    "policy.weights": "--weight",
    "policy.apart.devices": "--apart-devices",
    "policy.apart.seed": "--apart-seed",
}
_BALANCING = {**_TENANT, "admin_state_up": "--up/--down", "subnet_id": "--subnet"}

_ALL = (
    Resource(
        word="device",
        path="/v2.0/fleet/devices",
        one="device",
        many="devices",
        columns=(
            _NAME,
            _field("driver"),
            _STATUS,
            _field("admin_state", title="admin"),
            _field("agent_id", title="agent"),
            Column("vips", lambda item: use_of(item, "vips")),
            Column("over", lambda item: plain(overclaimed(item))),
            _field("version"),
            _field("project_id", title="project"),
            _ID,
        ),
        options={**_TENANT, "parameters": "--parameters", "limits": "--limit", "labels": "--label"}
        | {"device_pool": "--pool", "wiring.host": "--wiring-host", "wiring.trunk_id": "--trunk"},
    ),
    Resource(
        word="device-pool",
        path="/v2.0/fleet/device-pools",
        one="device_pool",
        many="device_pools",
        columns=(
            _NAME,
            _field("driver"),
            Column(
                "size", lambda item: f"{plain(item.get('minimum'))}-{plain(item.get('maximum'))}"
            ),
            _field("spare"),
            _field("private"),
            _field("usage.devices", title="devices"),
            _field("usage.spawning", title="spawning"),
            _field("usage.idle", title="idle"),
            _field("usage.services", title="services"),
            Column("problem", lambda item: plain(item.get("status_reason"))),
            _ID,
        ),
        options={"minimum": "--min", "maximum": "--max", "limits": "--limit", "labels": "--label"},
    ),
    Resource(
        word="driver",
        path="/v2.0/fleet/drivers",
        one="driver",
        many="drivers",
        columns=(
            _NAME,
            _field("kinds"),
            _field("versions"),
            Column("advisor", _advisor),
            _field("description"),
        ),
    ),
    Resource(
        word="service-type",
        path="/v2.0/fleet/service-types",
        one="service_type",
        many="service_types",
        columns=(
            _NAME,
            _field("kind"),
            _field("drivers"),
            _field("policy.choice", title="choice"),
            _field("policy.strategy", title="strategy"),
            _field("policy.grouping", title="grouping"),
            _field("policy.zone", title="zone"),
            _field("default"),
            _ID,
        ),
        options={"drivers": "--driver", **_POLICY},
    ),
    Resource(
        word="network",
        path="/v2.0/networks",
        one="network",
        many="networks",
        columns=(
            _NAME,
            _field("shared"),
            Column("subnets", lambda item: plain(len(item.get("subnets") or ()))),
            _field("tenant_id", title="project"),
            _ID,
        ),
        options=_TENANT | {"admin_state_up": "--up/--down", "provider:segmentation_id": "--vlan"},
        elsewhere=True,
    ),
    Resource(
        word="subnet",
        path="/v2.0/subnets",
        one="subnet",
        many="subnets",
        alias=_by_cidr,
        columns=(
            _NAME,
            _field("cidr"),
            _field("gateway_ip", title="gateway"),
            _field("network_id", title="network", refers="network"),
            _ID,
        ),
        references={"network": ("network_id", "network")},
        options=_TENANT
        | {"gateway_ip": "--gateway", "allocation_pools": "--pool", "network_id": "--network"},
        elsewhere=True,
    ),
    Resource(
        word="vip",
        path="/v2.0/lb/vips",
        one="vip",
        many="vips",
        columns=(
            _NAME,
            Column("endpoint", _endpoint),
            _field("protocol"),
            _field("pool_id", title="pool", refers="pool"),
            _STATUS,
            _ID,
        ),
        references={
            "pool": ("pool_id", "pool"),
            "subnet": ("subnet_id", "subnet"),
            "service_type": ("service_type", "service-type"),
        },
        options=_BALANCING
        | {"protocol_port": "--port", "session_persistence": "--persistence"}
        | {"pool_id": "--pool"},
    ),
    Resource(
        word="pool",
        path="/v2.0/lb/pools",
        one="pool",
        many="pools",
        columns=(
            _NAME,
            _field("protocol"),
            _field("lb_method", title="method"),
            Column("members", lambda item: plain(len(item.get("members") or ()))),
            Column("monitors", lambda item: plain(len(item.get("health_monitors") or ()))),
            _field("vip_id", title="vip", refers="vip"),
            _STATUS,
            _ID,
        ),
        references={"subnet": ("subnet_id", "subnet"), "vip": ("vip_id", "vip")},
        options=_BALANCING | {"lb_method": "--method", "health_monitors": "--monitor"},
    ),
    Resource(
        word="member",
        path="/v2.0/lb/members",
        one="member",
        many="members",
        named=False,
        order=("address", "protocol_port"),
        alias=_by_endpoint,
        columns=(
            Column("endpoint", _endpoint),
            _field("weight"),
            _field("admin_state_up", title="up"),
            _field("pool_id", title="pool", refers="pool"),
            _STATUS,
            _ID,
        ),
        references={"pool": ("pool_id", "pool")},
        options=_BALANCING | {"protocol_port": "--port", "pool_id": "--pool"},
    ),
    Resource(
        word="monitor",
        path="/v2.0/lb/health_monitors",
        one="health_monitor",
        many="health_monitors",
        named=False,
        order=("type",),
        columns=(
            _field("type"),
            _field("delay"),
            _field("timeout"),
            _field("max_retries", title="retries"),
            _field("url_path", title="path"),
            _field("admin_state_up", title="up"),
            _ID,
        ),
        options=_BALANCING
        | {"max_retries": "--retries", "http_method": "--method", "url_path": "--path"}
        | {"expected_codes": "--codes"},
    ),
    Resource(
        word="agent",
        path="/v2.0/fleet/agents",
        one="agent",
        many="agents",
        named=False,
        order=("host",),
        columns=(
            _field("host"),
            _field("group"),
            _field("zones"),
            _field("alive"),
            _field("version"),
            _field("drivers"),
            Column("devices", lambda item: plain(len(item.get("devices") or ()))),
            _field("backlog"),
            Column("seen", lambda item: moment(item.get("seen_at"))),
            _ID,
        ),
    ),
    Resource(
        word="dead-letter",
        path="/v2.0/fleet/dead-letters",
        one="dead_letter",
        many="dead_letters",
        named=False,
        # The bus chooses these ids, so they may look like anything.
        alias=lambda text: {"id": text},
        order=("died_at",),
        columns=(
            Column("died", lambda item: moment(item.get("died_at"))),
            _field("queue"),
            _field("kind"),
            _field("device_id", title="device", refers="device"),
            _field("deliveries"),
            _field("reason"),
            _ID,
        ),
    ),
    Resource(
        word="binding",
        path="/v2.0/fleet/bindings",
        one="binding",
        many="bindings",
        named=False,
        order=("service_id",),
        columns=(
            _field("service_id", title="vip", refers="vip"),
            _field("device_id", title="device", refers="device"),
            _field("role"),
            _field("mode"),
            _field("vip_address", title="address"),
            _field("claims"),
        ),
        references={"vip": ("service_id", "vip"), "device": ("device_id", "device")},
    ),
    Resource(
        word="attachment",
        path="/v2.0/fleet/attachments",
        one="attachment",
        many="attachments",
        named=False,
        order=("device_id", "network_id"),
        columns=(
            _field("device_id", title="device", refers="device"),
            _field("network_id", title="network"),
            _field("state"),
            _field("users"),
            _field("plug"),
            _field("host"),
            _field("vlan"),
            _field("addresses"),
            _field("port_id", title="port"),
        ),
        references={"device": ("device_id", "device")},
    ),
    Resource(
        word="decision",
        path="/v2.0/fleet/decisions",
        one="decision",
        many="decisions",
        named=False,
        order=("decided_at:desc",),
        columns=(
            Column("decided", lambda item: moment(item.get("decided_at"))),
            _field("service_id", title="vip", refers="vip"),
            _field("device_id", title="device", refers="device"),
            _field("considered"),
            _field("refusals"),
            _ID,
        ),
        references={"vip": ("service_id", "vip"), "device": ("device_id", "device")},
    ),
)

RESOURCES: Mapping[str, Resource] = {resource.word: resource for resource in _ALL}
