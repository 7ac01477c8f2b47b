"""All that Pierhead makes in Neutron, on the host and in the switch."""

import re
from pathlib import Path

from tests.lab.netns import run
from tests.lab.networks import call
from tests.lab.site import NeutronLab

_OURS = "pierhead-"
_OUTER = re.compile("ph[0-9a-f]{13}$")


def leftovers(lab: NeutronLab) -> list[str]:
    """What there is of it, each with its name."""
    return [*_ports(lab), *_subports(lab), *_namespaces(), *_interfaces(), *_switched(lab)]


def _ports(lab: NeutronLab) -> list[str]:
    ports = call(lab, "GET", "ports?fields=id&fields=name&fields=device_owner")["ports"]
    return [
        f"port {each['id']} {each['name']}"
        for each in ports
        if each["name"].startswith(_OURS) or each["device_owner"] == "neutron:LOADBALANCER"
    ]


def _subports(lab: NeutronLab) -> list[str]:
    extensions = {each["alias"] for each in call(lab, "GET", "extensions")["extensions"]}
    trunks = call(lab, "GET", "trunks")["trunks"] if "trunk" in extensions else []
    return [
        f"subport {sub['port_id']} of {trunk['id']}"
        for trunk in trunks
        for sub in trunk["sub_ports"]
    ]


def _namespaces() -> list[str]:
    found = Path("/run/netns").glob("ph-*") if Path("/run/netns").exists() else ()
    return [f"namespace {each.name}" for each in found]


def _interfaces() -> list[str]:
    names = (line.split(": ")[1].partition("@")[0] for line in run("ip", "-o", "link").splitlines())
    return [f"interface {name}" for name in names if _OUTER.match(name)]


def _switched(lab: NeutronLab) -> list[str]:
    names = lab.switch.vsctl("--bare", "--columns=name", "list", "Interface").split()
    return [f"switch port {name}" for name in names if _OUTER.match(name)]
