"""Steps about agents, conductors and servers that die, are held up, are away and come back."""

from collections.abc import Sequence
from functools import partial

from behave import given, then, when
from behave.runner import Context

from features.deployments.split import AGENTS, HEARTBEAT
from features.support.api import KINDS, PROVIDER, Json
from features.support.polling import eventually
from features.support.tables import document
from features.support.world import succeeded

_A_MINUTE = 60.0


@then('a live agent holds device "{name:Word}"')
def live_agent_holds(context: Context, name: str) -> None:
    def check() -> None:
        agent = _agent(context, _holder(context, name))
        assert agent["alive"], agent
        assert context.world.id_of("device", name) in agent["devices"], agent

    eventually(check)


@then('no agent holds device "{name:Word}"')
def no_agent_holds(context: Context, name: str) -> None:
    shown = context.world.show("device", name)
    assert shown["agent_id"] is None, shown
    held = [each for agent in context.world.find("agent") for each in agent["devices"]]
    assert shown["id"] not in held, held


@then('the agent that holds device "{name:Word}" shows')
def holder_shows(context: Context, name: str) -> None:
    wanted = document(context.world, context.table)

    def check() -> None:
        context.agent = _agent(context, _holder(context, name))
        shown = {attribute: context.agent[attribute] for attribute in wanted}
        assert shown == wanted, shown

    eventually(check)


@then("it tells its version, its host and its drivers")
def agent_tells(context: Context) -> None:
    agent = context.agent
    assert agent["version"], agent
    assert agent["host"], agent
    assert context.deployment.driver in agent["drivers"], agent
    assert agent["started_at"] <= agent["seen_at"], agent


@then('another agent holds device "{name:Word}"')
def another_agent_holds(context: Context, name: str) -> None:
    def check() -> None:
        assert _holder(context, name) != context.holder

    eventually(check)
    live_agent_holds(context, name)


@then('the agent that held device "{name:Word}" before is not alive')
def former_holder_is_dead(context: Context, name: str) -> None:
    agent = _agent(context, context.holder)
    assert not agent["alive"], agent
    assert context.world.id_of("device", name) not in agent["devices"], agent


@then("the agents are alive and have nothing left to do")
def agents_are_idle(context: Context) -> None:
    def check() -> None:
        for name in AGENTS:
            agent = _agent(context, name)
            assert (agent["alive"], agent["backlog"]) == (True, 0), agent

    eventually(check)


@when('an agent of group "{group:Word}" is started')
def start_agent(context: Context, group: str) -> None:
    _add_agents(context, [group], group, HEARTBEAT)


@given('two agents of group "{group:Word}" that say hello once a minute')
def two_slow_agents(context: Context, group: str) -> None:
    _add_agents(context, [f"{group}-1", f"{group}-2"], group, _A_MINUTE)


@given("a second conductor")
def second_conductor(context: Context) -> None:
    name = "conductor-2"
    context.deployment.add_conductor(name)
    context.add_cleanup(context.deployment.remove, name)


@when('the agent that holds device "{name:Word}" is killed')
def kill_holder(context: Context, name: str) -> None:
    context.holder = _holder(context, name)
    context.deployment.agent(context.holder).kill()


@when('the agent that holds device "{name:Word}" is stopped')
def stop_holder(context: Context, name: str) -> None:
    context.holder = _holder(context, name)
    assert context.deployment.agent(context.holder).stop() == 0


@when('the agent that holds device "{name:Word}" is paused')
def pause_holder(context: Context, name: str) -> None:
    context.holder = _holder(context, name)
    context.deployment.agent(context.holder).pause()


@when('the agent that held device "{name:Word}" before goes on')
def former_holder_goes_on(context: Context, name: str) -> None:
    assert _holder(context, name) != context.holder
    context.deployment.agent(context.holder).resume()


@when("the agents are stopped")
def stop_agents(context: Context) -> None:
    for agent in context.deployment.agents():
        agent.ask_to_stop()
    assert {agent.wait_stopped() for agent in context.deployment.agents()} == {0}


@when("the agents are started again")
def start_agents(context: Context) -> None:
    for agent in context.deployment.agents():
        agent.restart()


@when("the agents are paused")
def pause_agents(context: Context) -> None:
    for agent in context.deployment.agents():
        agent.pause()


@when("the agents go on")
def agents_go_on(context: Context) -> None:
    for agent in context.deployment.agents():
        agent.resume()


@when("the first conductor is killed")
def kill_conductor(context: Context) -> None:
    context.deployment.conductor().kill()


@when("the broker dies and loses every message")
def lose_broker(context: Context) -> None:
    context.deployment.lose_broker()


@when("the broker comes back")
def restore_broker(context: Context) -> None:
    context.deployment.restore_broker()


@when("nobody reaches the database any more")
def cut_off_database(context: Context) -> None:
    context.deployment.cut_off_database()


@when("the database can be reached again")
def restore_database(context: Context) -> None:
    context.deployment.restore_database()


@then("the refusal tells when to try again")
def tells_when_to_try_again(context: Context) -> None:
    assert int(context.world.answer.headers["Retry-After"]) > 0


@when("a message comes that nobody can read")
def report_rubbish(context: Context) -> None:
    context.deployment.report_rubbish()


@when('a report that device "{name:Word}" has version "{version:Word}" is put aside')
def put_aside(context: Context, name: str, version: str) -> None:
    context.deployment.put_aside(context.world.id_of("device", name), version)


@then("the provider sees {count:d} dead letter")
def sees_dead_letters(context: Context, count: int) -> None:
    def check() -> None:
        found = context.world.find("dead letter")
        assert len(found) == count, found
        context.letter = found[0]

    eventually(check)


@then("the dead letter tells")
def dead_letter_tells(context: Context) -> None:
    wanted = document(context.world, context.table)
    shown = {attribute: context.letter[attribute] for attribute in wanted}
    assert shown == wanted, context.letter


@when("the provider drops the dead letter")
def drop_dead_letter(context: Context) -> None:
    succeeded(context.world.request(PROVIDER, "DELETE", _path_of_letter(context)))


@when("the provider has the dead letter delivered again")
def replay_dead_letter(context: Context) -> None:
    succeeded(context.world.request(PROVIDER, "POST", f"{_path_of_letter(context)}/replay"))


def _path_of_letter(context: Context) -> str:
    return f"{KINDS['dead letter'].path}/{context.letter['id']}"


def _add_agents(context: Context, names: Sequence[str], group: str, heartbeat: float) -> None:
    for name in names:
        context.deployment.add_agent(name, group, heartbeat)
        context.add_cleanup(context.deployment.remove, name)
    for name in names:
        eventually(partial(_assert_alive, context, name))


def _assert_alive(context: Context, name: str) -> None:
    agent = _agent(context, name)
    assert agent["alive"], agent


def _holder(context: Context, name: str) -> str:
    holder = context.world.show("device", name)["agent_id"]
    assert holder is not None, f"no agent holds device {name}"
    return str(holder)


def _agent(context: Context, identity: str) -> Json:
    found = [each for each in context.world.find("agent") if each["id"] == identity]
    assert found, f"there is no agent {identity}"
    return found[0]
