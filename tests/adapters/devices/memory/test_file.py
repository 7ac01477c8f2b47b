"""A device in memory that keeps its state in a file, and the log of what was done to it."""

import json
import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from adapters.devices.exclusive import exclusive
from adapters.devices.memory import PLUGIN, MemoryAdvisor, MemoryDriver, places
from adapters.devices.memory import driver as driver_module
from core.domain.messages import DeviceHandle, ServiceOrder
from core.ports.device_driver import DeviceFailure
from tests.adapters.devices.haproxy.support import Balancer, eventually

DEVICE = DeviceHandle(
    id="d", name="d", driver="memory", version=None, parameters={"file": "edge"}, epoch=1
)


@pytest.fixture
def driver(tmp_path: Path) -> MemoryDriver:
    return PLUGIN.open(tmp_path)


def _log(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "edge.log").read_text().splitlines()]


def _changes(directory: Path) -> list[tuple[str | None, int | None, str, bool, int]]:
    return [
        (row["service_id"], row["revision"], row["change"], bool(row["refused"]), row["epoch"])
        for row in _log(directory)
    ]


def test_every_change_and_refusal_is_a_line_of_the_log(
    driver: MemoryDriver, tmp_path: Path
) -> None:
    device = replace(DEVICE, parameters={"file": "edge", "refuse": ["1"]})
    balancer, bad = Balancer(), Balancer()
    bad.port = 1
    before = time.time()
    driver.apply(device, [balancer.order(), bad.order()], complete=False)
    driver.apply(device, [balancer.order()], complete=False)
    driver.apply(replace(device, epoch=2), [balancer.removal()], complete=False)
    with pytest.raises(DeviceFailure):
        driver.apply(device, [balancer.order(), bad.removal()], complete=False)
    with pytest.raises(DeviceFailure):
        driver.retire(device)
    assert _changes(tmp_path) == [
        (balancer.id, 1, "created", False, 1),
        (bad.id, 1, "created", True, 1),
        (balancer.id, 2, "updated", False, 1),
        (balancer.id, 3, "removed", False, 2),
        (balancer.id, 4, "created", True, 1),
        (bad.id, 2, "removed", True, 1),
        (None, None, "retired", True, 1),
    ]
    assert {row["pid"] for row in _log(tmp_path)} == {os.getpid()}
    assert all(before <= row["time"] <= time.time() for row in _log(tmp_path))
    reasons = [row["refused"] for row in _log(tmp_path) if row["refused"]]
    assert reasons == ["port 1 is refused", *["epoch 1 is over, 2 has begun"] * 3]


def test_what_changes_nothing_is_not_logged(driver: MemoryDriver, tmp_path: Path) -> None:
    balancer = Balancer()
    old, order = balancer.order(), balancer.order()
    driver.apply(DEVICE, [order], complete=False)
    driver.apply(DEVICE, [order, old], complete=False)
    driver.apply(DEVICE, [order], complete=True)
    driver.apply(DEVICE, [Balancer().removal()], complete=False)
    driver.probe(replace(DEVICE, epoch=2))
    assert _changes(tmp_path) == [(balancer.id, 2, "created", False, 1)]


def test_retirement_is_logged_for_each_service_and_leaves_the_epoch(
    driver: MemoryDriver, tmp_path: Path
) -> None:
    balancer = Balancer()
    driver.apply(DEVICE, [balancer.order()], complete=False)
    driver.retire(replace(DEVICE, epoch=3))
    driver.retire(replace(DEVICE, epoch=3))
    assert _changes(tmp_path)[1:] == [(balancer.id, 1, "retired", False, 3)]
    assert json.loads((tmp_path / "edge").read_bytes()) == {"epoch": 3, "services": {}}


def test_without_epochs_a_retired_device_leaves_no_state(
    driver: MemoryDriver, tmp_path: Path
) -> None:
    device = replace(DEVICE, epoch=0)
    driver.apply(device, [Balancer().order()], complete=False)
    assert (tmp_path / "edge").exists()
    driver.retire(device)
    assert not (tmp_path / "edge").exists()


def test_a_device_that_is_down_does_not_answer_until_it_is_up(
    driver: MemoryDriver, tmp_path: Path
) -> None:
    balancer = Balancer()
    order = balancer.order()
    (tmp_path / "edge.down").touch()
    with pytest.raises(DeviceFailure, match="timed out"):
        driver.apply(DEVICE, [order], complete=False)
    with pytest.raises(DeviceFailure, match="timed out"):
        driver.retire(DEVICE)
    assert driver.observe(DEVICE).failure == "connection timed out"
    (tmp_path / "edge.down").unlink()
    driver.apply(DEVICE, [order], complete=False)
    assert set(driver.running(DEVICE.id)) == {balancer.id}


@pytest.mark.parametrize("parameters", [{}, {"file": "edge"}], ids=["in process", "in a file"])
def test_a_slow_device_holds_up_no_other_call_and_then_looks_at_the_epoch(
    driver: MemoryDriver, parameters: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    device = replace(DEVICE, parameters=parameters)
    slow = replace(device, parameters={**parameters, "delay": 7})
    pauses = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        driver.probe(replace(device, epoch=2))

    monkeypatch.setattr(driver_module, "time", SimpleNamespace(sleep=sleep))
    with pytest.raises(DeviceFailure, match="epoch 1 is over"):
        driver.apply(slow, [Balancer().order()], complete=False)
    assert pauses == [7]
    assert driver.running(device.id) == {}


def test_agents_at_once_lose_none_of_each_others_changes(tmp_path: Path) -> None:
    orders = [[Balancer().order() for _ in range(20)] for _ in range(3)]

    def work(mine: list[ServiceOrder]) -> None:
        driver = MemoryDriver(tmp_path)
        for order in mine:
            driver.apply(DEVICE, [order], complete=False)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = json.loads((tmp_path / "edge").read_bytes())["services"]
    assert set(kept) == {order.service_id for mine in orders for order in mine}


def test_a_call_does_not_wait_for_ever_for_another_process(
    driver: MemoryDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "TURN_TIMEOUT", 0.05)
    with (
        exclusive(tmp_path / "edge.lock", 10.0),
        pytest.raises(DeviceFailure, match="another process is at work"),
    ):
        driver.probe(DEVICE)
    driver.probe(DEVICE)


def test_a_call_goes_on_when_the_other_process_is_done(
    driver: MemoryDriver, tmp_path: Path
) -> None:
    with exclusive(tmp_path / "edge.lock", 10.0):
        call = threading.Thread(target=driver.probe, args=(DEVICE,))
        call.start()
        assert call.is_alive()
        assert not (tmp_path / "edge").exists()
    eventually(lambda: not call.is_alive())
    assert (tmp_path / "edge").exists()


def test_a_state_that_cannot_be_read_is_told_and_left_alone(
    driver: MemoryDriver, tmp_path: Path
) -> None:
    (tmp_path / "edge").write_text("{")
    with pytest.raises(DeviceFailure, match="edge: Input data was truncated"):
        driver.probe(DEVICE)
    assert (tmp_path / "edge").read_text() == "{"


@pytest.mark.parametrize("name", ["../edge", "/etc/edge", "a/b", ".edge", "edge.log", "", "a\n"])
def test_a_file_lies_nowhere_but_in_the_state_directory(driver: MemoryDriver, name: str) -> None:
    with pytest.raises(DeviceFailure, match="no plain name"):
        driver.probe(replace(DEVICE, parameters={"file": name}))


def test_an_agent_without_a_state_directory_keeps_no_files() -> None:
    with pytest.raises(DeviceFailure, match="keeps no files"):
        MemoryDriver().probe(DEVICE)


def test_tenants_name_no_files_and_hold_up_no_agents() -> None:
    schema: Any = MemoryAdvisor.info.schema
    kept = {name for name, each in schema["properties"].items() if each.get("x-admin-only")}
    assert kept == {"file", "delay"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"file": "../edge"}, schema)
