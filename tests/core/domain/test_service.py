"""The envelope of a service: revisions, statuses, and no way to be stuck or step wrongly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.lifecycle import TRANSITIONS, IllegalTransition, Status, move
from core.domain.service import Cause, Service, ServiceKind, Stamp, part_status

FRESH = Service(
    id="s", kind=ServiceKind.LOADBALANCER, project_id="p", service_type_id="t", due_at=0.0
)

steps = st.lists(
    st.one_of(
        st.just(("changed",)),
        st.just(("deleted",)),
        st.tuples(st.just("deployed"), st.integers(0, 9)),
        st.just(("failed",)),
    ),
    max_size=12,
)


def take(service: Service, step: tuple) -> Service:
    match step:
        case ("changed",):
            return service if service.deleting else service.changed(1.0)
        case ("deleted",):
            return service.to_be_deleted(1.0)
        case ("deployed", back):
            return service.deployed(max(service.desired_revision - back, 0), 1.0)
        case _:
            return service.failed(Cause.DEVICE, "no", 5.0)


@given(steps)
def test_whatever_happens_in_whatever_order_an_unsettled_service_is_due(story):
    service = FRESH
    for step in story:
        service = take(service, step)
        assert service.settled or service.due_at is not None
        if service.status is Status.ACTIVE:
            assert service.settled
        if service.status is Status.ERROR:
            assert service.cause is not None
            assert service.status_description


@given(steps)
def test_deleting_is_possible_after_any_story(story):
    service = FRESH
    for step in story:
        service = take(service, step)
    assert service.to_be_deleted(2.0).status is Status.PENDING_DELETE


def test_the_newest_wanted_state_wins():
    service = FRESH.changed(1.0).changed(2.0)
    assert service.desired_revision == 3
    assert service.deployed(2, 3.0).status is Status.PENDING_CREATE
    assert service.deployed(3, 3.0).status is Status.ACTIVE


def test_a_late_report_does_not_take_a_revision_back():
    service = FRESH.changed(1.0).deployed(2, 1.0)
    assert service.deployed(1, 2.0).deployed_revision == 2


def test_a_change_after_the_first_deployment_is_an_update():
    assert FRESH.deployed(1, 0.0).changed(1.0).status is Status.PENDING_UPDATE


def test_moves_that_the_table_lacks_are_refused():
    with pytest.raises(IllegalTransition):
        move(Status.PENDING_DELETE, Status.ACTIVE)


def test_every_state_of_a_service_can_be_deleted():
    for status, after in TRANSITIONS.items():
        assert status is Status.INACTIVE or Status.PENDING_DELETE in after


@pytest.mark.parametrize(
    ("stamp", "service", "status"),
    [
        (None, FRESH, Status.ACTIVE),
        (Stamp("s", 1, created=True), None, Status.ACTIVE),
        (Stamp("s", 1, created=True), FRESH, Status.PENDING_CREATE),
        (Stamp("s", 1, created=False), FRESH, Status.PENDING_UPDATE),
        (Stamp("other", 1, created=False), FRESH, Status.ACTIVE),
        (Stamp("s", 1, created=True), FRESH.deployed(1, 0.0), Status.ACTIVE),
        (Stamp("s", 1, created=True), FRESH.failed(Cause.DEVICE, "no", 1.0), Status.ERROR),
    ],
)
def test_a_parts_status_follows_from_its_stamp_and_its_service(stamp, service, status):
    assert part_status(stamp, service)[0] is status
