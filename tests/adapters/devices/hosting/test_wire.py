"""What needs no rights: names, what is compared, and whether the rights are there."""

from pathlib import Path

import pytest

from adapters.devices.hosting.openvswitch import OpenVSwitch, SwitchPort
from adapters.devices.hosting.privileges import missing_privileges
from adapters.devices.hosting.wire import WireEnd, WireFailure, namespace_of, prefix_of
from core.domain.binding import Attachment


def end(device_id: str, network_id: str) -> WireEnd:
    attachment = Attachment(device_id=device_id, network_id=network_id, interface="data")
    return WireEnd(attachment=attachment)


def test_names_are_the_ends_own_and_stay() -> None:
    ends = [end(device, network) for device in ("d1", "d2") for network in ("n1", "n2")]
    assert len({each.namespace for each in ends}) == len({each.outer for each in ends}) == 4
    assert end("d1", "n1").outer == ends[0].outer
    assert namespace_of("d1", "n1") == "ph-8b53639f152c-676b8bb84ce7", "devices that run have it"


def test_names_tell_the_device() -> None:
    assert end("d1", "n1").namespace.startswith(prefix_of("d1"))
    assert not end("d2", "n1").namespace.startswith(prefix_of("d1"))


def test_the_kernel_takes_the_names_of_interfaces() -> None:
    assert len(end("d" * 64, "n" * 255).outer) <= 15


@pytest.mark.parametrize(
    ("present", "wanted", "agrees"),
    [
        (SwitchPort({"iface-id": "p"}, 4095), SwitchPort({"iface-id": "p"}), True),
        (SwitchPort({"iface-id": "p", "more": "x"}), SwitchPort({"iface-id": "p"}), True),
        (SwitchPort({"iface-id": "q"}), SwitchPort({"iface-id": "p"}), False),
        (SwitchPort({}), SwitchPort({"iface-id": "p"}), False),
        (SwitchPort({}, 7), SwitchPort({}, 7), True),
        (SwitchPort({}, 8), SwitchPort({}, 7), False),
        (SwitchPort({}), SwitchPort({}, 7), False),
    ],
)
def test_what_of_a_port_matters(present: SwitchPort, wanted: SwitchPort, agrees: bool) -> None:
    assert present.agrees_with(wanted) is agrees


def test_without_open_vswitch_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WireFailure, match="there is no ovs-vsctl"):
        OpenVSwitch().look("br-int", [])


@pytest.mark.parametrize(
    ("effective", "missing"),
    [
        ("000001ffffffffff", []),
        ("0000000000000000", ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"]),
        ("0000000000001000", ["CAP_SYS_ADMIN"]),
    ],
)
def test_which_rights_are_missing(effective: str, missing: list[str], tmp_path: Path) -> None:
    status = tmp_path / "status"
    status.write_text(f"Name:\tpython\nCapPrm:\t{'f' * 16}\nCapEff:\t{effective}\n")
    assert missing_privileges(status) == missing
