"""What is told to admit a device does admit it, and nothing smaller would."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from core.domain.binding import DeviceNetwork
from core.domain.device import AdminState, Capabilities, DeviceStatus
from core.domain.placement.reasons import Reason, ReasonCode
from core.domain.placement.refusal_groups import grouped
from core.domain.placement.remedies import Attached, needed_limit, remedies, remedy, shortage
from core.domain.placement.request import candidate as candidate_of
from core.domain.placement.rules import check
from core.domain.service_type import Policy
from tests.core.domain.placement.fleet import DRIVER, NET_A, candidate, device, request
from tests.core.domain.placement.test_index import DRIVERS, accounts, devices, requests


@given(on=devices, account=accounts, asked=requests)
@settings(max_examples=400)
def test_the_limit_that_is_told_is_the_lowest_that_will_do(on, account, asked):
    host = candidate_of(on, DRIVERS.get(on.driver), account)
    for reason in check(asked, host):
        text = remedy(reason, asked, host)
        assert text
        if reason.code is not ReasonCode.LIMIT_REACHED:
            continue
        resource, limit = reason.numbers["resource"], needed_limit(reason, asked)
        assert str(limit) in text
        raised = replace(host, limits={**host.limits, resource: limit})
        assert reason.code not in _codes_about(asked, raised, resource)
        lower = replace(host, limits={**host.limits, resource: limit - 1})
        assert reason.code in _codes_about(asked, lower, resource)


def _codes_about(asked, host, resource):
    return [
        reason.code for reason in check(asked, host) if reason.numbers.get("resource") == resource
    ]


def full(**more):
    """A device with both VLAN slots of four short, and networks with few and many services."""
    asked = request()
    host = candidate(
        used={"vlans:eth1": 4, "vips": 3},
        networks=dict.fromkeys(("net-w", "net-x", "net-y", "net-z"), ("10.9.0.0/24",)),
        **more,
    )
    (reason,) = check(asked, host)
    return reason, asked, host


def on_network(name, users):
    cidrs = ("10.9.0.0/24",)
    return DeviceNetwork(
        device_id="d1", network_id=name, cidrs=cidrs, interface="eth1", users=users
    )


def test_vlans_can_be_had_by_a_higher_limit_or_by_detaching_the_least_used():
    reason, asked, host = full()
    assert shortage(reason) == 2
    told = "2 VLAN slots short on eth1: raise the limit to 6"
    assert remedy(reason, asked, host) == f"{told} or detach 2 networks"
    known = Attached(
        [on_network("net-w", 7), on_network("net-x", 1), on_network("net-y", 2)],
        {"net-x": "shop"},
    )
    assert remedy(reason, asked, host, known) == f"{told} or detach shop and net-y (3 services)"
    idle = Attached([on_network("net-w", 0), on_network("net-x", 0), on_network("net-y", 2)])
    assert remedy(reason, asked, host, idle) == f"{told} or detach net-w and net-x (unused)"


def test_networks_that_the_service_needs_itself_are_no_help():
    asked = request()
    host = candidate(
        limits={"vlans:eth1": 1}, used={"vlans:eth1": 1}, networks={NET_A.network_id: (NET_A.cidr,)}
    )
    (reason,) = check(asked, host)
    assert remedy(reason, asked, host) == "1 VLAN slot short on eth1: raise the limit to 2"


def test_a_limit_that_is_claimed_several_times_over_is_raised_by_less():
    asked = request(policy=Policy(demand={"throughput": 30}, oversubscription={"throughput": 1.5}))
    host = candidate(limits={"throughput": 100}, used={"throughput": 150})
    (reason,) = check(asked, host)
    assert remedy(reason, asked, host) == "raise throughput to 120"


def test_all_that_is_needed_stands_in_one_sentence():
    asked = request()
    host = candidate(
        on=device(admin_state=AdminState.DRAINING, status=DeviceStatus.OFFLINE),
        used={"vips": 10},
    )
    told = remedies(check(asked, host), asked, host)
    assert told == "enable it; bring it online; raise vips to 11"


CHANGES = [
    (
        {"on": device(driver="f5"), "driver": replace(DRIVER, name="f5")},
        "add driver f5 to the service type",
        lambda asked, host: (replace(asked, drivers=(*asked.drivers, "f5")), host),
    ),
    (
        {"driver": None},
        "install driver haproxy",
        lambda asked, host: (asked, replace(host, driver=DRIVER)),
    ),
    (
        {"on": device(version="1.8")},
        "bring it to version 2.8 or 3.",
        lambda asked, host: (asked, replace(host, device=device(version="3.1"))),
    ),
    (
        {"on": device(admin_state=AdminState.DISABLED)},
        "enable it",
        lambda asked, host: (asked, replace(host, device=device())),
    ),
    (
        {"on": device(status=DeviceStatus.OFFLINE)},
        "bring it online",
        lambda asked, host: (asked, replace(host, device=device())),
    ),
    (
        {"on": device(project_id="green")},
        "share it, or give it to project blue",
        lambda asked, host: (asked, replace(host, device=device(project_id="blue"))),
    ),
]


@pytest.mark.parametrize(("changes", "text", "apply"), CHANGES, ids=lambda each: str(each)[:20])
def test_what_is_told_takes_the_reason_away(changes, text, apply):
    asked, host = request(), candidate(**changes)
    (reason,) = check(asked, host)
    assert remedy(reason, asked, host) == text
    assert check(*apply(asked, host)) == ()


def test_a_service_type_or_a_device_can_be_moved():
    asked = request(policy=Policy(zone="west", device_pool="p2"))
    host = candidate(on=device(zone="east"))
    zone, pool = check(asked, host)
    assert remedy(zone, asked, host) == (
        "use zone east in the service type, or move the device to west"
    )
    assert remedy(pool, asked, host) == (
        "ask for no device pool in the service type, or move the device to p2"
    )


def test_a_dedicated_type_wants_the_device_given_away():
    asked = request(policy=Policy(dedicated=True))
    (shared,) = check(asked, candidate())
    assert remedy(shared, asked, candidate()) == (
        "give it to project blue, or let the service type share devices"
    )
    theirs = candidate(on=device(project_id="green"))
    (reason,) = check(asked, theirs)
    assert remedy(reason, asked, theirs) == "give it to project blue"


def test_overlapping_addresses_name_the_network_in_the_way():
    host = candidate(networks={"net-x": (NET_A.cidr,)})
    asked = request()
    (reason,) = check(asked, host)
    known = Attached((), {"net-x": "shop"})
    told = remedy(reason, asked, host, known)
    assert told.endswith("(isolates_overlapping), if it can, or detach shop")
    assert check(asked, replace(host, device=device(isolates_overlapping=True))) == ()
    assert check(asked, replace(candidate(), networks={})) == ()


def test_a_capability_can_be_done_without():
    features = Capabilities(methods=frozenset({"LEAST_CONNECTIONS"}))
    asked = request(requirements=replace(request().requirements, features=features))
    (reason,) = check(asked, candidate())
    assert remedy(reason, asked, candidate()).startswith("do without method LEAST_CONNECTIONS, ")


@pytest.mark.parametrize(
    "code", [code for code in ReasonCode if code is not ReasonCode.LIMIT_REACHED]
)
def test_every_kind_of_reason_has_a_remedy(code):
    names = ("driver", "missing", "zone", "device_pool", "wanted", "network", "wiring")
    reason = Reason(code, "no", {**dict.fromkeys(names, "it"), "devices": 2})
    assert remedy(reason, request(), candidate())


def test_devices_with_the_same_reasons_are_one_group():
    asked = request()
    hosts = [
        candidate(on=device(id=f"d{n}", name=f"lb{n}"), limits={"vips": 5}, used={"vips": 5 + n})
        for n in (2, 1, 3, 4)
    ]
    hosts.append(candidate(on=device(id="d9", name="lb9", status=DeviceStatus.OFFLINE)))
    one, other = grouped((host, check(asked, host)) for host in hosts)
    assert one.kinds == ((ReasonCode.LIMIT_REACHED, "vips"),)
    assert (one.size, one.examples) == (4, ["lb2", "lb1", "lb3"])
    assert one.nearest[0].device.name == "lb1"
    assert other.kinds == ((ReasonCode.NOT_ONLINE, "OFFLINE"),)
