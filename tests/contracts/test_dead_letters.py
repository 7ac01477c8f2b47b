"""The contract of core.ports.dead_letters.DeadLetters."""

import time

from core.domain.messages import ObservationReport, ServiceReport
from core.ports.agent_bus import AgentBus
from core.ports.server_bus import ServerBus
from tests.messaging import Ends, receive, reports_of, until


def report(number: int) -> ServiceReport:
    return ServiceReport(device_id="d", service_id=f"s{number}", revision=number, failure="s3cret")


def refuse(server: ServerBus, agent: AgentBus, *numbers: int) -> None:
    for number in numbers:
        agent.report(report(number))
    for delivery in receive(server, len(numbers)):
        server.done(delivery, [(each, f"no {each.revision}") for each in delivery.reports])


def test_none(ends: Ends) -> None:
    assert list(ends.dead.find(10)) == []
    assert not ends.dead.replay("x")
    assert not ends.dead.drop("x")


def test_what_is_refused_is_found_with_the_reason(ends, server, agent) -> None:
    before = time.time()
    refuse(server, agent, 1)
    (letter,) = until(lambda: ends.dead.find(10))
    assert (letter.kind, letter.device_id, letter.service_ids) == ("ServiceReport", "d", ("s1",))
    assert (letter.reason, letter.deliveries) == ("no 1", 1)
    assert letter.queue.endswith("reports")
    assert letter.size > 50
    assert letter.died_at is not None
    assert before - 1 <= letter.died_at <= time.time() + 1
    assert "s3cret" not in repr(letter)


def test_only_the_refused_ones_are_dead(ends, server, agent) -> None:
    agent.report(report(1))
    agent.report(report(2))
    deliveries = receive(server, 2)
    for delivery in deliveries:
        server.done(delivery, [(each, "no") for each in delivery.reports if each.revision == 2])
    letters = until(lambda: ends.dead.find(10))
    assert [letter.service_ids for letter in letters] == [("s2",)]


def test_the_oldest_come_first_and_looking_changes_nothing(ends, server, agent) -> None:
    refuse(server, agent, 1, 2, 3)
    until(lambda: len(ends.dead.find(10)) == 3)
    for _ in range(3):
        assert [letter.service_ids for letter in ends.dead.find(2)] == [("s1",), ("s2",)]
    assert [letter.deliveries for letter in ends.dead.find(10)] == [1, 1, 1]


def test_replay_delivers_again(ends, server, agent) -> None:
    refuse(server, agent, 1, 2, 3)
    letters = until(lambda: (found := ends.dead.find(10)) and len(found) == 3 and found)
    assert ends.dead.replay(letters[1].id)
    (delivery,) = receive(server)
    assert reports_of([delivery]) == [report(2)]
    server.done(delivery)
    left = [letter.id for letter in ends.dead.find(10)]
    assert left == [letters[0].id, letters[2].id]
    assert not ends.dead.replay(letters[1].id)


def test_what_is_replayed_can_die_again(ends, server, agent) -> None:
    refuse(server, agent, 1)
    (letter,) = until(lambda: ends.dead.find(10))
    assert ends.dead.replay(letter.id)
    (delivery,) = receive(server)
    server.done(delivery, [(delivery.reports[0], "still not")])
    (again,) = until(lambda: ends.dead.find(10))
    assert again.reason == "still not"


def test_drop_forgets(ends, server, agent) -> None:
    refuse(server, agent, 1, 2)
    letters = until(lambda: (found := ends.dead.find(10)) and len(found) == 2 and found)
    assert ends.dead.drop(letters[0].id)
    assert not ends.dead.drop(letters[0].id)
    assert [letter.id for letter in ends.dead.find(10)] == [letters[1].id]
    assert server.reports(0.1) is None


def test_the_services_of_an_observation_are_named(ends, server, agent) -> None:
    agent.report(ObservationReport(device_id="d", services={"s": {"up": 1}, "t": {}}))
    (delivery,) = receive(server)
    server.done(delivery, [(delivery.reports[0], "no")])
    (letter,) = until(lambda: ends.dead.find(10))
    assert letter.service_ids == ("s", "t")
