"""Starts a deployment for the run, and gives each scenario an empty one."""

from behave.model import Scenario, Status
from behave.runner import Context

from features.deployments import DEPLOYMENTS
from features.support import terms
from features.support.api import Api
from features.support.loopback import LoopbackRange
from features.support.world import World

# behave reads the steps after this module, and their sentences use the terms.
terms.register()


def before_all(context: Context) -> None:
    """Start the deployment named with ``-D deployment=NAME``."""
    name = context.config.userdata.get("deployment", "memory")
    if name not in DEPLOYMENTS:
        raise SystemExit(f"deployment {name!r} is none of {', '.join(sorted(DEPLOYMENTS))}")
    context.loopback = LoopbackRange()
    context.deployment = DEPLOYMENTS[name]()
    context.deployment.start()


def after_all(context: Context) -> None:
    """Stop it."""
    context.deployment.stop()
    context.loopback.close()


def before_scenario(context: Context, scenario: Scenario) -> None:
    """Leave out what the deployment cannot do; start with no objects."""
    lacking = context.deployment.lacks.intersection(scenario.effective_tags)
    if lacking:
        scenario.skip(f"needs {', '.join(sorted(lacking))}")
        return
    context.api = Api(context.deployment.url)
    context.world = World(context.deployment, context.api, context.loopback)


def after_scenario(context: Context, scenario: Scenario) -> None:
    """Delete what the scenario made; that this works is part of what is tested."""
    if scenario.status == Status.skipped:
        return
    try:
        context.deployment.mend()
        context.world.clear()
    except Exception:
        # The next scenario must not suffer for this one.
        context.deployment.stop()
        context.deployment.start()
        raise
    finally:
        context.api.close()
