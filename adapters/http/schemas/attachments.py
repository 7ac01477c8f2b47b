"""Attachments: how devices are wired to networks."""

from adapters.http.attribute import Attribute, ResourceSchema
from adapters.http.schemas.common import (
    ANY_INTEGER,
    ANY_STRING,
    list_of,
    nullable,
    one_of,
)
from core.domain.wiring import Plug
from core.usecases.fleet.attachments import WireState

ATTACHMENTS = ResourceSchema(
    kind="Attachment",
    singular="attachment",
    plural="attachments",
    path="/v2.0/fleet/attachments",
    text="Which device is on which network, and what is left over on the network side.",
    attributes=(
        Attribute("id", ANY_STRING, "Those of device and network."),
        Attribute("device_id", ANY_STRING, "The device."),
        Attribute("network_id", ANY_STRING, "The network."),
        Attribute(
            "state",
            one_of(WireState),
            "attached; wiring: somebody is at it; waiting: claimed and not attached yet; idle: "
            "about to be detached; lost: gone from the network side and to be made again; orphan: "
            "of nothing that is stored, and to be removed.",
        ),
        Attribute("users", ANY_INTEGER, "How many services need it."),
        Attribute("interface", ANY_STRING, "The device's interface."),
        Attribute(
            "plug",
            {"type": ["string", "null"], "enum": [*(str(each) for each in Plug), None]},
            "What the device's end is: nothing, a port, a VLAN or a bridge.",
        ),
        Attribute("host", nullable(ANY_STRING), "Where it is plugged in, where that matters."),
        Attribute("port_id", nullable(ANY_STRING), "The network side's port."),
        Attribute("mac", nullable(ANY_STRING), "The device's address on the link."),
        Attribute("vlan", nullable(ANY_INTEGER), "The VLAN on the device's interface."),
        Attribute("bridge", nullable(ANY_STRING), "The bridge on the agent's host."),
        Attribute("addresses", list_of(ANY_STRING), "The device's own, with prefix lengths."),
        Attribute("subnets", list_of(ANY_STRING), "The ranges that it serves."),
    ),
)
