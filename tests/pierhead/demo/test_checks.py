"""Each claim of the demonstration can fail."""

from collections import Counter

import pytest

from pierhead.demo.checks import check_all_refused, check_none_failed, check_parts, check_same
from pierhead.demo.errors import NotObserved
from pierhead.demo.traffic import Tally


def test_requests_that_all_got_an_answer_pass() -> None:
    check_none_failed(Tally(Counter(alpha=3)), "now")


def test_one_failed_request_is_told_with_its_reason() -> None:
    tally = Tally(Counter(alpha=299), Counter({"status 503": 1}))
    with pytest.raises(NotObserved, match=r"1 of 300 were not \(1 x status 503\)"):
        check_none_failed(tally, "now")


def test_no_requests_prove_nothing() -> None:
    with pytest.raises(NotObserved, match="none were sent"):
        check_none_failed(Tally(), "now")


def test_answers_in_proportion_to_weights_pass() -> None:
    check_parts(
        Tally(Counter(alpha=196, beta=52, gamma=52)), {"alpha": 4, "beta": 1, "gamma": 1}, "now"
    )


def test_an_answer_of_a_member_without_weight_is_found() -> None:
    tally = Tally(Counter(alpha=299, beta=1))
    with pytest.raises(NotObserved, match="beta did, too"):
        check_parts(tally, {"alpha": 1, "beta": 0}, "after beta was taken out")


def test_answers_out_of_proportion_are_found() -> None:
    tally = Tally(Counter(alpha=100, beta=100, gamma=100))
    with pytest.raises(NotObserved, match=r"alpha answers about 200 of 300 requests now: .* 100"):
        check_parts(tally, {"alpha": 4, "beta": 1, "gamma": 1}, "now")


def test_a_member_that_never_answers_is_found() -> None:
    with pytest.raises(NotObserved, match="beta answers about 30 of 300"):
        check_parts(Tally(Counter(alpha=300)), {"beta": 1, "alpha": 9}, "now")


def test_a_closed_port_refuses_everything() -> None:
    check_all_refused(Tally(failures=Counter({"Connection refused": 300})))


@pytest.mark.parametrize(
    "tally",
    [
        Tally(),
        Tally(Counter(alpha=1), Counter({"Connection refused": 299})),
        Tally(failures=Counter({"Connection refused": 299, "status 503": 1})),
    ],
)
def test_a_port_that_still_does_something_is_not_closed(tally: Tally) -> None:
    with pytest.raises(NotObserved, match="port is closed"):
        check_all_refused(tally)


def test_state_that_changed_is_named() -> None:
    check_same({"vip 1": 1}, {"vip 1": 1}, "later")
    for after in ({"vip 1": 2}, {}, {"vip 1": 1, "vip 2": 1}):
        with pytest.raises(NotObserved, match=r"vip [12] is the same later"):
            check_same({"vip 1": 1}, after, "later")
