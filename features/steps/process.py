"""Steps about the daemon as a process that dies and comes back."""

import contextlib
import os
import signal
from functools import partial

from behave import given, then, when
from behave.runner import Context

from features.support.polling import eventually
from features.support.traffic import SteadyTraffic

_LEISURE = 0.02
"""Seconds between requests where a gap would be longer."""


@given('requests are sent to VIP "{vip:Word}" without a pause')
def steady_traffic(context: Context, vip: str) -> None:
    _start_traffic(context, vip, 0.0)


@given('requests are sent to VIP "{vip:Word}" all the time')
def leisurely_traffic(context: Context, vip: str) -> None:
    _start_traffic(context, vip, _LEISURE)


@when("the daemon is killed")
def kill(context: Context) -> None:
    context.deployment.kill()


@when("the daemon is started again")
def restart(context: Context) -> None:
    context.deployment.restart()


@when('the process of device "{name:Word}" dies')
def device_dies(context: Context, name: str) -> None:
    processes = context.deployment.device_processes(context.world.id_of("device", name))
    assert processes, "the device has no process"
    for process in processes:
        with contextlib.suppress(ProcessLookupError):  # it went with the one before
            os.kill(process, signal.SIGKILL)


@then('no process runs for device "{name:Word}"')
def no_process(context: Context, name: str) -> None:
    def check() -> None:
        running = context.deployment.device_processes(context.world.id_of("device", name))
        assert not running, running

    eventually(check)


@then("requests are still answered")
def still_answered(context: Context) -> None:
    _wait_for_more(context)


@then("not one request has failed")
def none_failed(context: Context) -> None:
    _wait_for_more(context)
    context.traffic.stop()
    assert not context.traffic.failures, context.traffic.failures
    assert context.traffic.answered > 0


@then('"{text:Word}" stands in what the daemon keeps')
def stands_somewhere(context: Context, text: str) -> None:
    assert context.deployment.traces_of(text), "it was looked for in the wrong places"


@then('"{text:Word}" stands nowhere in what the daemon keeps or logs')
def stands_nowhere(context: Context, text: str) -> None:
    found = context.deployment.traces_of(text)
    assert not found, found


def _start_traffic(context: Context, vip: str, pause: float) -> None:
    request = partial(context.deployment.request, context.world.vip(vip))
    traffic = SteadyTraffic(request, pause)
    context.traffic = traffic
    context.add_cleanup(traffic.stop)
    traffic.start()
    _wait_for_more(context)


def _wait_for_more(context: Context) -> None:
    """Wait until some requests that begin now have been answered."""
    before = context.traffic.answered

    def check() -> None:
        assert context.traffic.answered > before + 20, context.traffic.failures

    eventually(check)
