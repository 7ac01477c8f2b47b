"""Two deaths in one operation, at points that hypothesis picks: the same ones each time."""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.split.kill.operations import DEVICES, Create, Delete, Stopped, Update
from tests.split.kill.run import run

pytestmark = pytest.mark.slow

KINDS = (Create, Update, Delete, Stopped)
VICTIMS = ("api", "conductor", "agent-a", "agent-b")
EXAMPLES = 100 if os.environ.get("PIERHEAD_ALL_FAULTS") else 10


def test_two_roles_or_one_twice_may_die_at_any_points(scene):
    scene.plans = {victim: [] for victim in VICTIMS}
    scene.start(*VICTIMS)
    scene.add_devices(*DEVICES[:1])
    points = {}
    for kind in KINDS:
        run(scene, kind)
        points[kind] = [(victim, point) for victim in VICTIMS for point in scene.steps(victim)]
    scene.disarms = False
    died = []

    # A failure leaves the scene as it is: there is nothing that could be made simpler.
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(KINDS), st.data(), st.booleans())
    def check(kind, data, replaces):
        ends = [data.draw(st.sampled_from(points[kind])) for _ in range(2)]
        scene.replaces = replaces
        for victim, point in ends:
            scene.plans[victim].append(point)
        for victim in VICTIMS:
            if scene.has(victim):
                scene.role(victim).kill()
            else:
                scene.start(victim)
        scene.revive()
        before = scene.deaths
        try:
            run(scene, kind)
        except AssertionError as failure:
            story = ", ".join(f"{victim} dies {point}" for victim, point in ends)
            failure.add_note(f"{kind.__name__}: {story}; replaces={replaces}")
            raise
        died.append(scene.deaths - before)
        for victim in VICTIMS:
            scene.plans[victim].clear()

    check()
    print(f"deaths: {died}")
    assert sum(died) >= len(died), "the points are not those that were recorded"
