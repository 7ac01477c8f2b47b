"""Two conductors work on one store, each in the middle of what the other does."""

import threading
from collections import Counter
from dataclasses import replace

import pytest

from adapters.network.loopback import LoopbackWirer
from adapters.system import SystemClock
from core.domain.lifecycle import Status
from core.domain.messages import ServiceReport
from core.domain.query import Query
from core.domain.wiring import Site
from core.usecases.conductor.conductor import Conductor
from core.usecases.conductor.timing import LOOK_AGAIN, WIRING_DEADLINE
from core.usecases.loadbalancing.types import UpdateVip
from tests.core.usecases.conductor.lab import ADMIN, Lab
from tests.core.usecases.conductor.test_kill import MOST, SETUPS, check, recovered
from tests.core.usecases.conductor.test_workflow import MEMBER, with_vip


def rival(lab: Lab) -> Conductor:
    """Another conductor over the same store and bus."""
    return lab._new_process().core.conductor()


def round_of(lab: Lab, conductor: Conductor) -> None:
    """All that another conductor finds to do now, reports included."""
    while conductor.advance():
        pass
    delivery = lab.bus.reports(0.0)
    if delivery is not None:
        assert conductor.take_in(delivery.reports) == []


@pytest.mark.slow
@pytest.mark.parametrize("setup", SETUPS)
def test_whenever_the_other_one_comes_in_between_all_ends_well(setup):
    for at in range(1, MOST, 2):
        lab = setup()
        other = rival(lab)
        met = []

        def meanwhile(lab=lab, other=other, met=met) -> None:
            met.append(True)
            lab.fault.meanwhile_at = None
            round_of(lab, other)

        lab.fault.calls, lab.fault.meanwhile_at, lab.fault.meanwhile = 0, at, meanwhile
        lab.settle()
        lab.fault.meanwhile_at = None
        if not met:
            break
        for _ in range(2):
            lab.clock.advance(31.0)
            lab.settle()
        check(lab)
    assert at > 20


class Wiring:
    """Who is at which network of which device, with something that happens in the middle."""

    def __init__(self, monkeypatch) -> None:
        self.at: Counter[tuple[str, str]] = Counter()
        self.done: list[tuple[str, str]] = []
        self.meanwhile = lambda: None
        for name in ("attach", "detach"):
            monkeypatch.setattr(LoopbackWirer, name, self._watched(name))

    def _watched(self, name: str):
        real = getattr(LoopbackWirer, name)

        def watched(wirer, site: Site, network_id: str, *rest):
            place = (site.device_id, network_id)
            assert not self.at[place], f"two are at {place}"
            self.at[place] += 1
            self.done.append((name, network_id))
            meanwhile, self.meanwhile = self.meanwhile, lambda: None
            meanwhile()
            self.at[place] -= 1
            return real(wirer, site, network_id, *rest)

        return watched


@pytest.fixture
def wiring(monkeypatch) -> Wiring:
    return Wiring(monkeypatch)


def test_services_on_one_network_wait_for_whoever_attaches_it(lab, wiring):
    lab.add_device()
    lab.add_service_type(default=True)
    subnet = lab.add_subnet("127.1.0.0/24")
    lab.settle()
    lab.add_vip(subnet, lab.add_pool(subnet))
    later: list[str] = []
    other = rival(lab)

    def meanwhile() -> None:
        later.append(lab.add_vip(subnet, lab.add_pool(subnet)))
        round_of(lab, other)
        assert lab.vip(later[0]).status is Status.PENDING_CREATE

    wiring.meanwhile = meanwhile
    lab.settle()
    lab.clock.advance(LOOK_AGAIN)
    lab.settle()
    assert lab.vip(later[0]).status is Status.ACTIVE
    assert [name for name, _ in wiring.done] == ["attach"]


def test_what_is_claimed_while_it_is_being_detached_stays_claimed_and_is_attached_again(
    lab, wiring
):
    _, _, vip_id = with_vip(lab)
    subnet = lab.vip(vip_id).subnet_id
    lab.process.core.vips().delete(ADMIN, vip_id)
    later: list[str] = []
    other = rival(lab)

    def meanwhile() -> None:
        later.append(lab.add_vip(subnet, lab.add_pool(subnet)))
        round_of(lab, other)

    wiring.meanwhile, wiring.done = meanwhile, []
    lab.settle()
    lab.clock.advance(LOOK_AGAIN)
    lab.settle()
    assert lab.vip(later[0]).status is Status.ACTIVE
    lab.check_nothing_leaked()
    front = [name for name, network in wiring.done if network == network_of(lab, subnet)]
    assert front in ([], ["detach", "attach"]), "which network came first is left to chance"


def test_a_network_that_was_claimed_since_it_was_seen_idle_is_not_detached(lab, wiring):
    device_id, _, _ = with_vip(lab)
    with lab.store.read() as work:
        networks = work.ledger.usage()[device_id].networks
    wiring.done = []
    begin = lab.process.core.wiring()._begin_detaching
    assert [begin(replace(network, users=0)) for network in networks] == [False, False]
    with lab.store.read() as work:
        assert work.ledger.usage()[device_id].networks == networks


def network_of(lab: Lab, subnet_id: str) -> str:
    with lab.store.read() as work:
        return work.subnets.get(subnet_id).network_id


def test_a_network_whose_detacher_died_is_not_taken_for_attached(lab, wiring):
    device_id, _, vip_id = with_vip(lab)
    subnet = lab.vip(vip_id).subnet_id
    with lab.store.write() as work:
        for network in work.ledger.usage()[device_id].networks:
            now = lab.clock.now()
            assert work.ledger.start_wiring(
                device_id, network.network_id, now, now + WIRING_DEADLINE
            )
        work.commit()
    wiring.done = []
    second = lab.add_vip(subnet, lab.add_pool(subnet))
    lab.settle()
    assert (lab.vip(second).status, wiring.done) == (Status.PENDING_CREATE, [])
    lab.clock.advance(WIRING_DEADLINE + 1)
    lab.settle()
    assert lab.vip(second).status is Status.ACTIVE
    assert ("attach", network_of(lab, subnet)) in wiring.done


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (3, 2, 1), (2, 3, 1)])
def test_outcomes_may_come_in_any_order(lab, order):
    device_id, _, vip_id = with_vip(lab)
    vips = lab.process.core.vips()
    for limit in (5, 6):
        vips.update(ADMIN, vip_id, UpdateVip(connection_limit=limit))
    epoch = lab.stored_device(device_id).epoch
    for revision in order:
        report = ServiceReport(
            device_id=device_id,
            service_id=vip_id,
            revision=revision,
            failure="too late" if revision < 3 else None,
            epoch=epoch,
        )
        lab.conductor.take_in([report])
    with lab.store.read() as work:
        service = work.services.get(vip_id)
    assert (service.deployed_revision, service.settled) == (3, True)


@pytest.mark.slow
def test_conductors_in_threads_lose_no_service(lab):
    """With the real clock, and as fast as they can."""
    lab.clock = SystemClock()
    lab.restart()
    lab.add_device()
    lab.add_device("lb2")
    lab.add_service_type(default=True)
    front, back = lab.add_subnet("127.1.0.0/24"), lab.add_subnet("127.2.0.0/24")
    lab.settle()
    others = [rival(lab), rival(lab)]
    ended = threading.Event()
    failures: list[BaseException] = []

    def work(conductor: Conductor) -> None:
        try:
            while not ended.is_set():
                conductor.advance()
                delivery = lab.bus.reports(0.0)
                if delivery is not None:
                    conductor.take_in(delivery.reports)
        except BaseException as failure:  # noqa: BLE001 - told below
            failures.append(failure)

    def serve() -> None:
        while not ended.is_set():
            lab.agent.hello()
            while lab.agent.serve_one(0.01):
                pass

    threads = [threading.Thread(target=work, args=(each,)) for each in others]
    threads.append(threading.Thread(target=serve))
    for thread in threads:
        thread.start()
    try:
        vips = [lab.add_vip(front, lab.add_pool(back, MEMBER), port=port) for port in range(1, 41)]
        for vip_id in vips[:20]:
            lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=7))
        for vip_id in vips[30:]:
            lab.process.core.vips().delete(ADMIN, vip_id)
        clock = SystemClock()
        deadline = clock.monotonic() + 60.0
        while not is_settled(lab, 30) and clock.monotonic() < deadline and not failures:
            ended.wait(0.05)
    finally:
        ended.set()
        for thread in threads:
            thread.join(10.0)
    assert failures == []
    assert is_settled(lab, 30)
    lab.check_nothing_leaked()


def is_settled(lab: Lab, count: int) -> bool:
    with lab.store.read() as work:
        services = work.services.find(Query())
    return len(services) == count and all(service.settled for service in services)


def test_a_new_conductor_looks_at_everything_that_is_unfinished(lab):
    device_id, _, vip_id = with_vip(lab)
    failing = lab.add_device("away", parameters={"unreachable": True})
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=7))
    lab.settle()
    lab.process.core.vips().update(ADMIN, vip_id, UpdateVip(connection_limit=8))
    lab.conduct()
    rival(lab).start()
    with lab.store.read() as work:
        assert work.services.get(vip_id).due_at == lab.clock.now()
        assert work.devices.get(failing).due_at == lab.clock.now()
        assert work.devices.get(device_id).due_at is None
    recovered(lab)
    assert lab.vip(vip_id).status is Status.ACTIVE
