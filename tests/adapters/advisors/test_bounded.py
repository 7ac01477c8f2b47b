"""An advisor may be slow, fail or answer nonsense; placement goes on, and operators are told."""

import threading
import time
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from adapters.advisors import BoundedAdvisor
from adapters.devices.memory import AdvisedMemoryAdvisor
from adapters.system import ManualClock
from core.domain.binding import Account, NetworkNeed
from core.domain.placement.request import PlacementRequest, Requirements, candidate
from core.domain.service import ServiceKind
from core.ports.placement_advisor import AdvisorFailure, Opinion
from core.ports.supervised_advisor import AdvisorStatus
from tests.builders import a_device, uid

INFO = AdvisedMemoryAdvisor.info
CANDIDATES = [candidate(a_device(name), INFO, Account()) for name in ("lb1", "lb2")]
NEEDS = (NetworkNeed(network_id=uid("front"), cidr="127.9.0.0/24"),)
REQUEST = PlacementRequest(
    service_id=uid("service"),
    project_id="red",
    kind=ServiceKind.LOADBALANCER,
    service_type_id=uid("gold"),
    drivers=(INFO.name,),
    requirements=Requirements(vip_address="127.9.0.10", networks=NEEDS),
)
GOOD = [Opinion(score=0.5), Opinion(veto="too warm")]
PROMPT = 30.0
"""A budget that no busy machine uses up."""
SHORT = 0.05


class Scripted:
    """Answers with `say()`, and counts the questions."""

    info = INFO

    def __init__(self, say) -> None:
        self.say = say
        self.asked = 0

    def opinions(self, request, candidates):
        self.asked += 1
        return self.say()

    choose = opinions


def failing():
    raise ZeroDivisionError("by\n zero")


@pytest.fixture
def clock():
    return ManualClock(5000.0)


def bounded(say, clock, seconds=PROMPT):
    advisor = Scripted(say)
    return BoundedAdvisor(advisor, clock, seconds), advisor


def ask(advisor):
    return advisor.opinions(REQUEST, CANDIDATES)


def failure_of(advisor, question="opinions"):
    with pytest.raises(AdvisorFailure) as caught:
        getattr(advisor, question)(REQUEST, CANDIDATES)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_good_answer_passes(clock):
    advisor, _ = bounded(lambda: GOOD, clock)
    assert list(ask(advisor)) == GOOD
    assert advisor.info is INFO
    assert advisor.status() == AdvisorStatus()


@pytest.mark.parametrize("answer", [CANDIDATES[1].device.id, None])
def test_a_choice_passes(clock, answer):
    advisor, _ = bounded(lambda: answer, clock)
    assert advisor.choose(REQUEST, CANDIDATES) == answer


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        (None, "2 opinions"),
        (GOOD[:1], "2 opinions"),
        ([*GOOD, *GOOD], "2 opinions"),
        (iter(GOOD), "2 opinions"),
        ([Opinion(), 0.5], "no opinion on device lb2"),
        ([Opinion(), Opinion(score=1.01)], "device lb2 a score that is not from 0 to 1"),
        ([Opinion(score=-0.1), Opinion()], "device lb1 a score"),
        ([Opinion(score=float("nan")), Opinion()], "device lb1 a score"),
        ([Opinion(score="1"), Opinion()], "device lb1 a score"),
        ([Opinion(veto=""), Opinion()], "no reason for its veto of device lb1"),
        ([Opinion(veto=True), Opinion()], "no reason for its veto of device lb1"),
    ],
)
def test_a_wrong_answer_is_a_failure(clock, answer, named):
    advisor, _ = bounded(lambda: answer, clock)
    assert named in failure_of(advisor)
    assert named in advisor.status().failure


@pytest.mark.parametrize("answer", ["another", "", 7, ["x"], CANDIDATES[0]])
def test_a_choice_that_was_not_offered_is_a_failure(clock, answer):
    advisor, _ = bounded(lambda: answer, clock)
    assert "not offered" in failure_of(advisor, "choose")


def test_what_it_raises_is_one_line_for_the_operator(clock):
    advisor, _ = bounded(failing, clock)
    with capture_logs() as logs:
        text = failure_of(advisor)
    assert text == "advisor of memory-advised failed: ZeroDivisionError: by zero"
    assert advisor.status() == AdvisorStatus(failing_since=5000.0, failure=text)
    assert [(line["event"], line["failure"]) for line in logs] == [("advisor_failed", text)]


def test_not_even_the_end_of_its_thread_is_more_than_a_failure(clock):
    def leave():
        raise SystemExit(3)

    advisor, script = bounded(leave, clock)
    assert "SystemExit: 3" in failure_of(advisor)
    script.say = lambda: GOOD
    clock.advance(10)
    assert list(ask(advisor)) == GOOD


def test_its_own_words_for_a_failure_are_told(clock):
    def give_up():
        raise AdvisorFailure("no licence\nleft " + 300 * "x")

    text = failure_of(bounded(give_up, clock)[0])
    assert text.startswith("advisor of memory-advised gave up: no licence left xxx")
    assert len(text) < 300


def test_one_that_failed_is_left_alone_for_ever_longer_pauses(clock):
    advisor, script = bounded(failing, clock)
    text = failure_of(advisor)
    for asked, pause in enumerate((10, 20, 40, 80, 160, 300, 300), start=1):
        assert script.asked == asked
        clock.advance(pause - 0.5)
        assert failure_of(advisor) == failure_of(advisor, "choose") == text
        assert script.asked == asked, "asked within its pause"
        clock.advance(0.5)
        failure_of(advisor)
    assert advisor.status().failing_since == 5000.0


def test_one_that_answers_again_is_trusted_again(clock):
    advisor, script = bounded(failing, clock)
    failure_of(advisor)
    clock.advance(10)
    failure_of(advisor)
    script.say = lambda: GOOD
    clock.advance(20)
    with capture_logs() as logs:
        assert list(ask(advisor)) == GOOD
    assert [line["event"] for line in logs] == ["advisor_answers_again"]
    assert advisor.status() == AdvisorStatus()
    script.say = failing
    failure_of(advisor)
    assert advisor.status().failing_since == 5030.0
    clock.advance(10)
    asked = script.asked
    failure_of(advisor)
    assert script.asked == asked + 1, "the pause begins anew with 10 s"


def test_one_that_hangs_costs_no_more_than_its_time_and_one_thread(clock):
    free = threading.Event()
    advisor, script = bounded(lambda: free.wait(60) and GOOD, clock, SHORT)
    threads = threading.active_count()
    begun = time.monotonic()
    assert "no answer within 0.05 s" in failure_of(advisor)
    for _ in range(5):
        clock.advance(300)
        assert "still hangs" in failure_of(advisor)
    assert time.monotonic() - begun < 30, "each of these waited for it"
    assert script.asked == 1
    assert threading.active_count() == threads + 1
    free.set()
    _until_it_answers(advisor, clock)
    assert advisor.status() == AdvisorStatus()
    assert threading.active_count() == threads + 1


def test_all_questions_about_one_request_share_its_time(clock):
    def take(seconds):
        clock.advance(seconds)
        return GOOD

    advisor, script = bounded(lambda: take(20.0), clock)
    for _ in range(2):
        ask(advisor)
    free = threading.Event()
    script.say = lambda: free.wait(60) and GOOD
    begun = time.monotonic()
    assert "no answer within 30 s" in failure_of(advisor)
    assert time.monotonic() - begun < 20, "it waited for more than was left"
    free.set()


def test_the_next_request_has_all_its_time_again(clock):
    def take(seconds):
        clock.advance(seconds)
        return GOOD

    advisor, _ = bounded(lambda: take(20.0), clock)
    for number in range(4):
        request = replace(REQUEST, service_id=uid(str(number)))
        assert list(advisor.opinions(request, CANDIDATES)) == GOOD


def test_an_answer_that_comes_too_late_is_no_answer_to_the_next_question(clock):
    free = threading.Event()
    advisor, script = bounded(lambda: free.wait(60) and GOOD, clock, SHORT)
    failure_of(advisor)
    script.say = lambda: [Opinion(score=0.25), Opinion()]
    free.set()
    assert [each.score for each in _until_it_answers(advisor, clock)] == [0.25, 1.0]


def test_callers_take_turns_and_none_waits_for_long(clock):
    free, entered = threading.Event(), threading.Event()

    def slow():
        entered.set()
        return free.wait(60) and GOOD

    advisor, script = bounded(slow, clock, PROMPT)
    answers = []
    first = threading.Thread(target=lambda: answers.append(list(ask(advisor))))
    first.start()
    assert entered.wait(30)
    advisor._seconds = SHORT
    assert "busy" in failure_of(advisor)
    assert advisor.status() == AdvisorStatus(), "being busy is no failure of the advisor"
    free.set()
    first.join(30)
    assert answers == [GOOD]
    assert script.asked == 1


def test_an_advisor_that_is_not_asked_costs_no_thread(clock):
    threads = threading.active_count()
    bounded(lambda: GOOD, clock)
    assert threading.active_count() == threads


def test_the_memory_driver_says_what_its_devices_parameters_say(clock):
    advisor = BoundedAdvisor(AdvisedMemoryAdvisor(), clock, PROMPT)

    def offered(**parameters):
        return [
            replace(each, device=replace(each.device, parameters=given))
            for each, given in zip(CANDIDATES, ({}, parameters), strict=True)
        ]

    warm = offered(veto="too warm")
    assert list(advisor.opinions(REQUEST, warm)) == [Opinion(), Opinion(veto="too warm")]
    assert advisor.choose(REQUEST, warm[1:]) is None
    poor = offered(score=0.25)
    assert [each.score for each in advisor.opinions(REQUEST, poor)] == [1.0, 0.25]
    assert advisor.choose(REQUEST, poor) == uid("lb1")
    assert advisor.choose(REQUEST, poor[1:]) == uid("lb2")
    with pytest.raises(AdvisorFailure, match="told to fail by device lb2"):
        advisor.opinions(REQUEST, offered(advisor_fails=True))


def test_a_slow_device_in_memory_is_beyond_the_budget(clock):
    advisor = BoundedAdvisor(AdvisedMemoryAdvisor(), clock, SHORT)
    device = replace(CANDIDATES[0].device, parameters={"advisor_delay": 0.5})
    with pytest.raises(AdvisorFailure, match=r"within 0\.05 s"):
        advisor.choose(REQUEST, [replace(CANDIDATES[0], device=device)])


def _until_it_answers(advisor, clock):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        clock.advance(300)
        try:
            return list(ask(advisor))
        except AdvisorFailure:
            time.sleep(0.01)
    raise AssertionError("it never answered again")
