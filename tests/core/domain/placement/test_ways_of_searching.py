"""Networks on many devices, tenants with many, and amounts that share sets are searched in other
ways than the small fleets of the other tests; all ways give the same."""

from contextlib import ExitStack
from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.placement.decision import total_points
from core.domain.placement.engine import judge
from core.domain.placement.index import rooms, slot_sets
from core.domain.placement.index.fleet import Fleet
from core.domain.placement.index.look import Look
from core.domain.placement.index.search import fitting
from core.domain.placement.request import PlacementRequest, Requirements
from core.domain.service_type import Apart, Grouping, Policy
from tests.core.domain.placement.fleet import device, request
from tests.core.domain.placement.test_index import (
    DRIVERS,
    accounts,
    agree,
    devices,
    needs,
    requests,
)

fleets = st.lists(
    st.tuples(devices, accounts), unique_by=lambda pair: pair[0].id, min_size=3, max_size=8
)
alike = st.lists(accounts, min_size=3, max_size=8).map(
    lambda found: [
        (device(id=f"d{number}", number=number), account) for number, account in enumerate(found)
    ]
)
"""Devices that only differ in what is on them."""
modest = st.builds(
    lambda networks: request(
        requirements=Requirements(vip_address="10.1.0.5", networks=tuple(networks))
    ),
    needs,
)
apart = st.builds(
    lambda asked, devices, seed: replace(
        asked, policy=Policy(grouping=Grouping.APART, apart=Apart(devices=devices, seed=seed))
    ),
    modest,
    st.integers(1, 3),
    st.integers(0, 3),
)
"""Of tenants that have some of the devices."""
WAYS = {
    "one by one": {},
    "as sets": {(slot_sets, "_FEW"): 0},
    "with sets that are shared": {(rooms, "_MOST_AMOUNTS"): 1},
}


def fits(fleet: Fleet, asked: PlacementRequest) -> None:
    """Hold what is found to fit, without more questions, against judging each device."""
    found = Look(fleet, asked)
    verdicts = [(host, judge(found.request, host)) for host in fleet]
    expected = sorted(
        (-total_points(verdict.terms), host.device.number, host.device.id, verdict.terms)
        for host, verdict in verdicts
        if verdict.fits
    )
    assert expected == [
        (-points, host.device.number, host.device.id, found.terms(slot))
        for points, slot, host in fitting(found)
    ]


@pytest.mark.parametrize("way", WAYS)
@given(found=fleets | alike, asked=st.lists(requests | modest | apart, min_size=1, max_size=4))
@settings(max_examples=100)
def test_every_way_gives_the_same(way, found, asked):
    with ExitStack() as ways:
        for (module, name), value in WAYS[way].items():
            ways.enter_context(patch.object(module, name, value))
        fleet = Fleet(DRIVERS)
        fleet.fill([one for one, _ in found], {one.id: account for one, account in found})
        for each in asked:
            fits(fleet, each)
            agree(fleet, each)
            for _, _, host in fitting(Look(fleet, each)):
                fleet.claim(
                    host.device.id, each.project_id, each.demand, each.requirements.networks
                )
                break
        for each in asked:
            fits(fleet, each)
            agree(fleet, each)
