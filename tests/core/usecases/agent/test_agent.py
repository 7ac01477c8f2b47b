"""The agent carries out, observes and reports; one device never holds up another."""

import threading

import pytest

from adapters.devices.memory import MemoryDriver
from adapters.messaging import InProcessBus
from adapters.system import ManualClock
from core.domain.messages import (
    DeviceHandle,
    DeviceReport,
    ObservationReport,
    ProbeDevice,
    RetireDevice,
    ServiceReport,
)
from core.ports.device_driver import Observation
from core.usecases.agent.agent import Agent
from core.usecases.agent.held import REPEAT_AFTER
from core.usecases.agent.identity import AgentIdentity


def handle(name: str = "d1", generation: int = 1) -> DeviceHandle:
    return DeviceHandle(
        id=name, name=name, driver="memory", version=None, parameters={}, generation=generation
    )


class Bench:
    """An agent with a driver whose observations are given by hand."""

    def __init__(self) -> None:
        self.driver = MemoryDriver()
        self.bus = InProcessBus()
        self.clock = ManualClock()
        self.seen = Observation()
        self.driver.observe = lambda _device: self.seen
        self.agent = Agent(
            identity=AgentIdentity(id="a", host="h", version="1"),
            drivers={"memory": self.driver},
            bus=self.bus,
            clock=self.clock,
        )

    def carry_out(self, command) -> list:
        self.bus.send(command)
        assert self.agent.serve_one(timeout=0.0)
        return list(self.bus.reports(timeout=0.0))

    def look(self, after: float = 1.0) -> list:
        self.clock.advance(after)
        self.agent.observe_next()
        return list(self.bus.reports(timeout=0.0))


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.carry_out(ProbeDevice(device=handle()))
    made.look()
    return made


def test_a_probe_is_reported_with_the_generation_it_belongs_to():
    [report] = Bench().carry_out(ProbeDevice(device=handle(generation=7)))
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
        device_id="d1", service_id="s", revision=3, failure="its port is taken"
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
