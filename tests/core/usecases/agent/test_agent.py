"""The agent carries out, observes and reports; one device never holds up another."""

import threading
from dataclasses import replace

import pytest

from adapters.devices.memory import MemoryDriver
from adapters.system import ManualClock
from adapters.system.ids import CountingIds
from core.domain.messages import (
    AgentHello,
    AgentLease,
    ApplyServices,
    DeviceHandle,
    DeviceReleased,
    DeviceReport,
    DeviceRetired,
    ObservationReport,
    ProbeDevice,
    ReleaseDevice,
    RetireDevice,
    ServiceOrder,
    ServiceReport,
)
from core.domain.service import ServiceKind
from core.ports.agent_bus import Batch
from core.ports.device_driver import DeviceFailure, Observation, Outcome
from core.ports.server_bus import Greeting
from core.usecases.agent.agent import Agent
from core.usecases.agent.held import REPEAT_AFTER
from core.usecases.agent.identity import AgentIdentity
from tests.core.usecases.conductor.answering import AnsweringBus


def handle(name: str = "d1", generation: int = 1, epoch: int = 1) -> DeviceHandle:
    return DeviceHandle(
        id=name,
        name=name,
        driver="memory",
        version=None,
        parameters={},
        generation=generation,
        epoch=epoch,
    )


class Server(AnsweringBus):
    """Grants leases of `seconds`; of those who ask, `hellos` were heard."""

    def __init__(self) -> None:
        super().__init__(self._grant)
        self.hellos: list[AgentHello] = []
        self.seconds = 1e6
        self.floor = 0

    def _grant(self, greeting: Greeting) -> None:
        hello = greeting.hello
        self.hellos.append(hello)
        lease = AgentLease(
            agent_id=hello.agent_id,
            incarnation=hello.incarnation,
            seconds=self.seconds,
            floor=self.floor,
        )
        self.answer(greeting, lease)


class Bench:
    """An agent with a driver whose observations are given by hand."""

    def __init__(self) -> None:
        self.driver = MemoryDriver()
        self.bus = Server()
        self.clock = ManualClock()
        self.seen = Observation()
        self.driver.observe = lambda _device: self.seen
        self.agent = Agent(
            identity=AgentIdentity(id="a", host="h", version="1"),
            drivers={"memory": self.driver},
            bus=self.bus.agent("a"),
            clock=self.clock,
            ids=CountingIds(),
        )

    def reports(self) -> list:
        delivery = self.bus.reports(timeout=0.0)
        return [] if delivery is None else list(delivery.reports)

    def carry_out(self, *commands) -> list:
        for command in commands:
            self.bus.send("a", command)
        assert self.agent.serve_one(timeout=0.0)
        return self.reports()

    def come_unreadable(self, *commands) -> list:
        """Have it take commands whose device's parameters cannot be read."""
        batch = Batch(commands[0].device.id, commands, unreadable="sealed")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.agent._bus, "take", lambda _timeout: batch)
            assert self.agent.serve_one(timeout=0.0)
        return self.reports()

    def look(self, after: float = 1.0) -> list:
        self.clock.advance(after)
        self.agent.observe_next()
        return self.reports()

    def leased(self) -> "Bench":
        assert self.agent.hello()
        return self


@pytest.fixture
def bench() -> Bench:
    made = Bench().leased()
    made.carry_out(ProbeDevice(device=handle()))
    made.look()
    return made


def test_a_probe_is_reported_with_the_generation_it_belongs_to():
    [report] = Bench().leased().carry_out(ProbeDevice(device=handle(generation=7)))
    assert report.generation == 7
    assert report.facts.version == "1.0"


def test_only_changes_of_health_are_reported(bench):
    bench.seen = Observation(failure="gone")
    [report] = bench.look()
    assert isinstance(report, DeviceReport)
    assert report.failure == "gone"
    assert bench.look() == []


def test_health_is_repeated_in_case_a_report_got_lost(bench):
    bench.seen = Observation(failure="gone")
    bench.look()
    [report] = bench.look(after=REPEAT_AFTER)
    assert report.failure == "gone"


def test_measurements_are_reported_when_they_change(bench):
    bench.seen = Observation(services={"s": {"pools": {}}, "t": {}})
    [report] = bench.look()
    assert isinstance(report, ObservationReport)
    bench.seen = Observation(services={"s": {"pools": {"p": 1}}, "t": {}})
    [report] = bench.look()
    assert set(report.services) == {"s"}


def test_a_service_that_stopped_running_by_itself_is_reported_once(bench):
    bench.seen = Observation(failures={"s": (3, "its port is taken")})
    [report] = bench.look()
    assert report == ServiceReport(
        device_id="d1", service_id="s", revision=3, failure="its port is taken", epoch=1
    )
    assert bench.look() == []


def test_a_defect_of_a_driver_is_reported_and_not_passed_on(bench):
    def observe(_device):
        raise ZeroDivisionError

    bench.driver.observe = observe
    [report] = bench.look()
    assert report.failure == "defect in driver memory: ZeroDivisionError()"


def test_a_retired_device_is_not_looked_at_again(bench):
    bench.carry_out(RetireDevice(device=handle()))
    bench.driver.observe = lambda _device: pytest.fail("looked at a retired device")
    assert bench.look() == []


def test_a_failed_retirement_is_reported(bench):
    def retire(_device):
        raise PermissionError("not mine")

    bench.driver.retire = retire
    [report] = bench.carry_out(RetireDevice(device=handle()))
    assert "not mine" in report.failure


def test_a_device_that_hangs_holds_up_no_other(bench):
    bench.carry_out(ProbeDevice(device=handle("d2")))
    hanging, released = threading.Event(), threading.Event()
    looked = []

    def observe(device):
        looked.append(device.id)
        if len(looked) == 1:
            hanging.set()
            assert released.wait(10)
        return Observation()

    bench.driver.observe = observe
    bench.clock.advance(5)
    first = threading.Thread(target=bench.agent.observe_next)
    first.start()
    assert hanging.wait(10)
    bench.agent.observe_next()
    assert sorted(looked) == ["d1", "d2"]
    released.set()
    first.join(10)


class Recorder(MemoryDriver):
    """Notes what it is called with; `on_apply` is called in the middle of it."""

    def __init__(self) -> None:
        super().__init__()
        self.applied: list[tuple[list[tuple[str, int]], bool]] = []
        self.released: list[int] = []
        self.on_apply = lambda: None

    def apply(self, device, orders, *, complete):
        self.on_apply()
        self.applied.append(([(each.service_id, each.revision) for each in orders], complete))
        return [Outcome(service_id=each.service_id, revision=each.revision) for each in orders]

    def release(self, device):
        self.released.append(device.epoch)
        super().release(device)


@pytest.fixture
def recorded() -> Bench:
    made = Bench()
    made.driver = Recorder()
    made.agent = Agent(
        identity=AgentIdentity(id="a", host="h", version="1", heartbeat=2.0),
        drivers={"memory": made.driver},
        bus=made.bus.agent("a"),
        clock=made.clock,
        ids=CountingIds(),
    )
    made.leased()
    return made


def order(name: str = "s", revision: int = 1) -> ServiceOrder:
    return ServiceOrder(
        service_id=name, kind=ServiceKind.LOADBALANCER, revision=revision, spec=None
    )


def apply(*orders: ServiceOrder, epoch: int = 1, complete: bool = False) -> ApplyServices:
    return ApplyServices(device=handle(epoch=epoch), orders=orders, complete=complete)


def test_without_a_lease_nothing_is_carried_out_nor_taken(recorded):
    recorded.clock.advance(2e6)
    recorded.bus.send("a", apply(order()))
    assert not recorded.agent.serve_one(timeout=0.0)
    assert recorded.agent.hello()
    assert recorded.agent.serve_one(timeout=0.0)
    assert recorded.driver.applied == [([("s", 1)], False)]


def test_a_lease_that_runs_out_between_taking_and_carrying_out_is_none(recorded, monkeypatch):
    end = recorded.agent._bus
    real = end.take

    def take(timeout: float):
        recorded.clock.advance(2e6)
        return real(timeout)

    monkeypatch.setattr(end, "take", take)
    assert recorded.carry_out(apply(order())) == []
    assert recorded.driver.applied == []
    assert end.backlog() == 0


def test_what_was_taken_when_the_lease_ran_out_is_carried_out_with_the_next_one(
    recorded, monkeypatch
):
    end = recorded.agent._bus
    real = end.take

    def take(timeout: float):
        recorded.clock.advance(2e6)
        greeter.start()
        return real(timeout)

    greeter = threading.Timer(0.05, recorded.agent.hello)
    monkeypatch.setattr(end, "take", take)
    recorded.bus.send("a", apply(order()))
    assert recorded.agent.serve_one(timeout=1.0)
    greeter.join()
    assert recorded.driver.applied == [([("s", 1)], False)]


def test_commands_of_an_earlier_incarnation_are_not_carried_out(recorded):
    recorded.bus.floor = 4
    recorded.agent.hello()
    assert recorded.carry_out(apply(order(), epoch=4)) == []
    assert recorded.driver.applied == []
    assert recorded.carry_out(apply(order(), epoch=5))[0].epoch == 5


def test_a_command_of_a_lower_epoch_than_the_device_is_held_in_is_dropped(recorded):
    recorded.carry_out(apply(order(), epoch=3))
    assert recorded.carry_out(apply(order(revision=2), epoch=2)) == []
    assert recorded.driver.applied == [([("s", 1)], False)]


def test_of_commands_that_waited_together_only_those_of_the_highest_epoch_count(recorded):
    recorded.carry_out(apply(order("a"), epoch=2), apply(order("b"), epoch=3))
    assert recorded.driver.applied == [([("b", 1)], False)]


def test_the_lower_epoch_that_comes_last_does_not_win(recorded):
    recorded.carry_out(apply(order("b"), epoch=3), apply(order("a"), epoch=2))
    assert recorded.driver.applied == [([("b", 1)], False)]


def test_an_overtaken_order_is_not_carried_out_and_the_rest_is_not_complete_then(recorded):
    recorded.carry_out(apply(order("s", 5)))
    reports = recorded.carry_out(apply(order("s", 4), order("t", 1), complete=True))
    assert recorded.driver.applied[1:] == [([("t", 1)], False)]
    assert [report.service_id for report in reports] == ["t"]


def test_an_order_that_comes_again_is_carried_out_again(recorded):
    recorded.carry_out(apply(order("s", 5)))
    recorded.carry_out(apply(order("s", 5), complete=True))
    assert recorded.driver.applied[1:] == [([("s", 5)], True)]


def test_in_a_new_epoch_what_was_ordered_before_says_nothing(recorded):
    """The database may have been restored from a backup in between."""
    recorded.carry_out(apply(order("s", 5), epoch=1))
    recorded.carry_out(apply(order("s", 4), epoch=2, complete=True))
    assert recorded.driver.applied[1:] == [([("s", 4)], True)]


def test_a_released_device_is_let_go_of_and_reported(recorded):
    recorded.carry_out(apply(order(), epoch=3))
    assert recorded.carry_out(ReleaseDevice(device=handle(epoch=3))) == [
        DeviceReleased(device_id="d1", epoch=3)
    ]
    assert recorded.driver.released == [3]
    recorded.driver.observe = lambda _device: pytest.fail("looked at a released device")
    assert recorded.look() == []


def test_what_comes_after_a_release_in_the_same_epoch_is_dropped(recorded):
    recorded.carry_out(ReleaseDevice(device=handle(epoch=3)))
    assert recorded.carry_out(apply(order(), epoch=3)) == []
    assert recorded.carry_out(RetireDevice(device=handle(epoch=3))) == []
    assert recorded.driver.applied == []
    assert recorded.carry_out(apply(order(), epoch=4)) != []


@pytest.mark.parametrize(
    ("command", "report"), [(ReleaseDevice, DeviceReleased), (RetireDevice, DeviceRetired)]
)
def test_that_a_device_was_let_go_of_is_said_again_when_asked(recorded, command, report):
    first = recorded.carry_out(command(device=handle(epoch=3)))
    assert first == [report(device_id="d1", epoch=3)]
    assert recorded.carry_out(command(device=handle(epoch=3))) == first
    assert recorded.carry_out(command(device=handle(epoch=2))) == []


def test_a_device_whose_driver_is_missing_can_be_released(recorded):
    stranger = replace(handle(), driver="none")
    [report] = recorded.carry_out(ProbeDevice(device=stranger))
    assert report.failure == "this agent has no driver none"
    assert recorded.carry_out(ReleaseDevice(device=stranger)) == [
        DeviceReleased(device_id="d1", epoch=1)
    ]


def test_a_driver_that_fails_to_let_go_does_not_keep_the_device(recorded):
    def release(_device):
        raise ZeroDivisionError

    recorded.driver.release = release
    [report] = recorded.carry_out(ReleaseDevice(device=handle()))
    assert isinstance(report, DeviceReleased)


def test_told_that_its_devices_were_given_away_it_begins_anew(recorded):
    recorded.carry_out(apply(order(), epoch=3))
    recorded.bus.seconds = 0.0
    assert recorded.agent.hello()
    assert recorded.driver.released == [3]
    assert not recorded.agent.await_lease(0.0)
    recorded.bus.seconds, recorded.bus.floor = 10.0, 7
    recorded.agent.hello()
    first, second, third = recorded.bus.hellos
    assert first.incarnation == second.incarnation != third.incarnation
    assert recorded.carry_out(apply(order(), epoch=3)) == []
    recorded.driver.observe = lambda _device: pytest.fail("looked at a device that it lost")
    assert recorded.look() == []
    assert recorded.carry_out(apply(order(revision=9), epoch=8)) != []


def test_a_thread_that_is_at_a_device_when_the_agent_begins_anew_lets_go_of_it_afterwards(
    recorded,
):
    def lose() -> None:
        recorded.bus.seconds = 0.0
        recorded.agent.hello()
        assert recorded.driver.released == [], "one call for a device at a time"

    recorded.driver.on_apply = lose
    recorded.carry_out(apply(order(), epoch=3))
    assert recorded.driver.released == [3]


def test_it_goes_on_observing_without_a_lease(bench):
    bench.clock.advance(2e6)
    assert not bench.agent.await_lease(0.0)
    bench.seen = Observation(failure="gone")
    [report] = bench.look()
    assert (report.failure, report.epoch) == ("gone", 1)


def test_nobody_who_answers_is_no_lease(recorded, monkeypatch):
    monkeypatch.setattr(recorded.bus, "take_hello", lambda _text, _timeout: None)
    assert not recorded.agent.hello()


def test_it_tells_who_it_is_and_when_it_leaves():
    bench = Bench()
    bench.bus.send("a", ProbeDevice(device=handle()))
    bench.agent.hello()
    bench.agent.leave()
    hello, farewell = bench.bus.hellos
    assert (hello.agent_id, hello.host, hello.drivers, hello.backlog) == ("a", "h", ("memory",), 1)
    assert (hello.leaving, farewell.leaving) == (False, True)
    assert hello.incarnation == farewell.incarnation
    assert hello.started_at == bench.clock.now()


def test_a_device_that_refuses_an_epoch_is_reported_in_that_epoch(recorded):
    def probe(_device):
        raise DeviceFailure("another agent has the device")

    recorded.driver.probe = probe
    [report] = recorded.carry_out(ProbeDevice(device=handle(epoch=6)))
    assert (report.epoch, report.failure) == (6, "another agent has the device")


def test_a_probe_carries_out_its_orders_after_the_report_of_the_device(recorded):
    command = ProbeDevice(device=handle(), orders=(order("s"), order("t")), complete=True)
    reports = recorded.carry_out(command)
    assert reports[0].facts is not None
    assert [report.service_id for report in reports[1:]] == ["s", "t"]
    assert recorded.driver.applied == [([("s", 1), ("t", 1)], True)]


@pytest.mark.parametrize("kind", [ApplyServices, ProbeDevice])
def test_a_device_whose_commands_cannot_be_read_is_unreachable_and_left_alone(recorded, kind):
    device, service = recorded.come_unreadable(kind(device=handle(), orders=(order(),)))
    assert (device.failure, device.generation, device.epoch) == ("sealed", 1, 1)
    assert (service.service_id, service.revision) == ("s", 1)
    assert service.failure == "the device cannot be reached, or refuses to be configured at all"
    assert recorded.driver.applied == []
    assert recorded.look() == []


def test_a_device_whose_retirement_cannot_be_read_is_not_reported_as_retired(bench):
    [report] = bench.come_unreadable(RetireDevice(device=handle()))
    assert (type(report), report.failure) == (DeviceReport, "sealed")
    assert bench.agent._held


def test_a_device_is_not_well_until_its_commands_can_be_read_again(bench):
    assert bench.come_unreadable(ProbeDevice(device=handle()))
    for _ in range(3):
        [report] = bench.look(after=REPEAT_AFTER)
        assert (report.failure, report.facts) == ("sealed", None)
    [report] = bench.carry_out(ProbeDevice(device=handle()))
    assert report.facts is not None
    [report] = bench.look()
    assert report.failure is None


def test_what_cannot_be_read_of_an_earlier_epoch_says_nothing_of_the_device(bench):
    bench.carry_out(ProbeDevice(device=handle(epoch=3)))
    bench.look()
    [stale] = bench.come_unreadable(ProbeDevice(device=handle(epoch=2)))
    assert stale.epoch == 2
    [report] = bench.look(after=REPEAT_AFTER)
    assert report.failure is None


def test_a_device_is_let_go_of_though_other_commands_cannot_be_read(recorded):
    recorded.carry_out(apply(order()))
    commands = (apply(order(revision=2)), ReleaseDevice(device=handle()))
    assert recorded.come_unreadable(*commands) == [DeviceReleased(device_id="d1", epoch=1)]
    assert recorded.driver.released == [1]
