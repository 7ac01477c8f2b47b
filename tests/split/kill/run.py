"""Has a scene go through an operation, with what must hold afterwards."""

from tests.split.kill.faults import Point
from tests.split.kill.operations import Operation
from tests.split.kill.scene import Scene


def run(scene: Scene, kind: type[Operation]) -> None:
    """One operation from its preparation until nothing is left of it. All must be well after
    it, whoever dies in the middle."""
    operation = kind(scene)
    operation.prepare()
    scene.settled()
    with scene.armed():
        operation.begin()
        scene.settled(operation.is_done)
    scene.well(operation.wrongs)
    operation.clean()
    scene.clean()


def steps_of(scene: Scene, kind: type[Operation], victim: str) -> list[Point]:
    """The points that a role comes to in an operation when nobody dies, each time: how often it
    comes to some depends on how much waits when it looks. Starts the roles."""
    scene.plans = {victim: []}
    scene.start("api", "conductor", *kind.agents)
    scene.add_devices(*kind.devices)
    run(scene, kind)
    once = scene.steps(victim)
    run(scene, kind)
    again = set(scene.steps(victim))
    return [point for point in once if point in again]


def kill_at_each(
    scene: Scene, kind: type[Operation], victim: str, points: list[Point]
) -> list[Point]:
    """The operation once for each point, at which the victim dies and comes back. Returns the
    points that it did not come to this time, when it died after the operation instead."""
    missed = []
    scene.plans[victim] += points
    if scene.has(victim):
        scene.role(victim).kill()
        scene.revive()
    for number, point in enumerate(points):
        scene.replaces = number % 2 == 1
        deaths = scene.deaths
        try:
            run(scene, kind)
        except AssertionError as failure:
            failure.add_note(f"{victim} died {point} of {kind.__name__}")
            raise
        if scene.deaths == deaths:
            missed.append(point)
            if scene.has(victim):
                scene.role(victim).kill()
                scene.revive()
    return missed
