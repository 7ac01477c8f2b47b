"""What must hold whatever call to Neutron fails, here and in the lab."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapters.network.neutron import Kind, NeutronCalls, NeutronIpam, NeutronWirer
from adapters.network.neutron.device_ports import OWNER, port_name
from core.domain.binding import Attachment
from core.domain.network import Reservation
from core.domain.wiring import Site
from core.ports.network_wirer import WiringFailure
from tests.adapters.network.neutron.faulty import Faulty, When, one_failing


@dataclass(frozen=True)
class Ground:
    """A network to try things on, with one subnet of a project."""

    calls: NeutronCalls
    network_id: str
    subnet_id: str
    cidr: str
    project: str

    def left(self, device_id: str) -> Sequence[object]:
        """Ports of a device and of VIPs that are there, and what trunks carry."""
        ports = [
            *self.calls.find(Kind.PORT, name=[port_name(device_id)]),
            *self.calls.find(Kind.PORT, device_owner=[OWNER], network_id=[self.network_id]),
        ]
        carried = [each for trunk in self.calls.find(Kind.TRUNK) for each in trunk["sub_ports"]]
        return [*ports, *carried]


def attach_fails_and_is_repeated(ground: Ground, site: Site, when: When) -> int:
    """Returns how many calls were made to fail."""
    wirer = NeutronWirer(ground.calls)
    for faulty in one_failing(ground.calls, when):
        if not _fails(lambda calls: _attach(ground, calls, site), faulty):
            break
        attached = _attach(ground, ground.calls, site)
        assert _attach(ground, ground.calls, site) == attached
        assert list(wirer.attachments()) == [attached]
        assert len(ground.calls.find(Kind.PORT, name=[port_name(site.device_id)])) == 1
        wirer.detach(site, ground.network_id)
        assert not ground.left(site.device_id)
    wirer.detach(site, ground.network_id)
    return faulty.made


def attach_fails_and_is_undone(ground: Ground, site: Site, when: When) -> int:
    """Returns how many calls were made to fail."""
    wirer = NeutronWirer(ground.calls)
    for faulty in one_failing(ground.calls, when):
        failed = _fails(lambda calls: _attach(ground, calls, site), faulty)
        wirer.detach(site, ground.network_id)
        assert not ground.left(site.device_id)
        if not failed:
            break
    return faulty.made


def detach_fails_and_is_repeated(ground: Ground, site: Site, when: When) -> int:
    """Returns how many calls were made to fail."""
    for faulty in one_failing(ground.calls, when):
        _attach(ground, ground.calls, site)
        failed = _fails(lambda calls: NeutronWirer(calls).detach(site, ground.network_id), faulty)
        NeutronWirer(ground.calls).detach(site, ground.network_id)
        assert not ground.left(site.device_id)
        if not failed:
            break
    return faulty.made


def reserve_and_release_fail(ground: Ground, address: str | None, when: When) -> int:
    """Returns how many calls were made to fail."""
    ipam = NeutronIpam(ground.calls)
    made = 0
    for faulty in one_failing(ground.calls, when):
        if not _fails(lambda calls: _reserve(ground, calls, address), faulty):
            break
        again = _reserve(ground, ground.calls, address)
        assert _reserve(ground, ground.calls, address) == again
        assert [each.owner for each in ipam.reservations()] == ["service"]
        ipam.release_address("service")
        assert not ground.left("none")
    made += faulty.made
    for faulty in one_failing(ground.calls, when):
        _reserve(ground, ground.calls, address)
        failed = _fails(lambda calls: NeutronIpam(calls).release_address("service"), faulty)
        ipam.release_address("service")
        assert not ground.left("none")
        if not failed:
            break
    return made + faulty.made


def _attach(ground: Ground, calls: NeutronCalls, site: Site) -> Attachment:
    return NeutronWirer(calls).attach(site, ground.network_id, "eth1", [ground.cidr])


def _reserve(ground: Ground, calls: NeutronCalls, address: str | None) -> Reservation:
    return NeutronIpam(calls).reserve_address(ground.subnet_id, address, "service", ground.project)


def _fails(act: Callable[[NeutronCalls], object], faulty: Faulty) -> bool:
    """Whether a call failed, and if so, that tenants are told no more than that. What failed
    may have been made up for."""
    said = ""
    try:
        act(faulty)
    except WiringFailure as failure:
        said = str(failure)
    assert faulty.failed or not said, f"nothing was made to fail, and yet: {said}"
    assert "secret" not in said
    return faulty.failed
