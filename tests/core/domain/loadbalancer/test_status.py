"""Statuses of parts follow from services and measurements, so nothing can be left pending."""

from hypothesis import given
from hypothesis import strategies as st

from core.domain.lifecycle import Status
from core.domain.loadbalancer.status import member_status, worst
from core.domain.service import Cause, Service, ServiceKind, Stamp

PENDING = {Status.PENDING_CREATE, Status.PENDING_UPDATE, Status.PENDING_DELETE}


@st.composite
def stories(draw) -> tuple[Service, list[Stamp]]:
    """A service after some changes, with the stamps that these left."""
    service = Service(
        id="s", kind=ServiceKind.LOADBALANCER, project_id="p", service_type_id="t", due_at=0.0
    )
    stamps = [Stamp("s", 1, created=True)]
    for step in draw(st.lists(st.sampled_from(["change", "deploy", "late", "fail"]), max_size=8)):
        if step == "change":
            service = service.changed(1.0)
            stamps.append(Stamp("s", service.desired_revision, draw(st.booleans())))
        elif step == "deploy":
            service = service.deployed(service.desired_revision, 1.0)
        elif step == "late":
            service = service.deployed(service.desired_revision - 1, 1.0)
        else:
            service = service.failed(Cause.DEVICE, "refused", 2.0)
    return service, stamps


@given(stories(), st.none() | st.fixed_dictionaries({"up": st.booleans()}))
def test_nothing_is_pending_when_the_service_is_settled(story, health):
    service, stamps = story
    for stamp in [*stamps, None, Stamp("other", 99, created=True)]:
        status, _ = member_status(stamp, service, health)
        if service.settled:
            assert status in {Status.ACTIVE, Status.INACTIVE}
        if service.status is Status.ERROR:
            assert status not in PENDING
        if status is Status.INACTIVE:
            assert health == {"up": False}


@given(stories())
def test_what_is_not_deployed_never_looks_as_if_it_were(story):
    service, stamps = story
    for stamp in stamps:
        if stamp.revision > service.deployed_revision:
            assert member_status(stamp, service, {"up": True})[0] is not Status.ACTIVE


def test_a_member_that_no_service_uses_has_no_health():
    assert member_status(None, None, {"up": False}) == (Status.ACTIVE, "")


def test_a_check_tells_why_it_failed():
    service = Service(
        id="s",
        kind=ServiceKind.LOADBALANCER,
        project_id="p",
        service_type_id="t",
        status=Status.ACTIVE,
        deployed_revision=1,
    )
    assert member_status(None, service, {"up": False, "description": "L4CON"}) == (
        Status.INACTIVE,
        "L4CON",
    )


def test_the_worst_status_is_the_one_that_needs_attention():
    pending = (Status.PENDING_CREATE, "")
    error = (Status.ERROR, "refused")
    assert worst([]) == (Status.ACTIVE, "")
    assert worst([(Status.ACTIVE, "")]) == (Status.ACTIVE, "")
    assert worst([pending, (Status.ACTIVE, "")]) == pending
    assert worst([pending, error]) == error
