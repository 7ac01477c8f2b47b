"""Steps about explanations, what-if and capacity."""

from behave import then, when
from behave.runner import Context
from requests import Response

from features.support.api import KINDS, PROVIDER, Caller, Json
from features.support.tables import dig, document
from features.support.world import World, succeeded

WHAT_IF = "/v2.0/fleet/what-if"
CAPACITY = "/v2.0/fleet/capacity"


@when('{who:Who} asks for the explanation of VIP "{vip:Word}"')
def ask_why(context: Context, who: Caller, vip: str) -> None:
    succeeded(context.world.request(who, "GET", _newest(context.world, vip)))


@when('{who:Who} tries to read the explanation of VIP "{vip:Word}"')
def try_to_ask_why(context: Context, who: Caller, vip: str) -> None:
    context.world.request(who, "GET", _newest(context.world, vip))


@then('the explanation of VIP "{vip:Word}" would admit device "{name:Word}" by "{text:Word}"')
def would_admit(context: Context, vip: str, name: str, text: str) -> None:
    world: World = context.world
    answer = world.api.send(PROVIDER, "GET", _newest(world, vip))
    devices: list[Json] = answer.json()["decision"]["why_not"]["devices"]
    (device,) = [one for one in devices if one["device_id"] == world.id_of("device", name)]
    assert text in device["remedy"], device
    assert not device["fits"], device


@then('the answer gives the advice "{text:Word}"')
def gives_advice(context: Context, text: str) -> None:
    advice = context.world.answer.json()["decision"]["advice"]
    assert any(text in each for each in advice), advice


@when("{who:Who} asks what would fit")
def ask_what_if(context: Context, who: Caller) -> None:
    succeeded(_what_if(context, who))


@when("{who:Who} tries to ask what would fit")
def try_to_ask_what_if(context: Context, who: Caller) -> None:
    _what_if(context, who)


@then('the answer puts {count:d} VIPs on device "{name:Word}"')
def puts(context: Context, count: int, name: str) -> None:
    devices: list[Json] = context.world.answer.json()["what_if"]["devices"]
    placed = {one["device_id"]: one["placed"] for one in devices}
    assert placed.get(context.world.id_of("device", name)) == count, devices


@when("{who:Who} asks for the capacity by {by:w}")
def ask_capacity(context: Context, who: Caller, by: str) -> None:
    succeeded(context.world.request(who, "GET", f"{CAPACITY}?by={by}"))


@when("{who:Who} tries to see the capacity by {by:w}")
def try_to_see_capacity(context: Context, who: Caller, by: str) -> None:
    context.world.request(who, "GET", f"{CAPACITY}?by={by}")


@then('the capacity of "{name:Word}" shows')
def capacity_of(context: Context, name: str) -> None:
    _shows(context, context.world.answer.json()["capacity"]["groups"], name)


@then('the capacity for service type "{name:Word}" shows')
def capacity_for(context: Context, name: str) -> None:
    _shows(context, context.world.answer.json()["capacity"]["service_types"], name)


def _shows(context: Context, parts: list[Json], name: str) -> None:
    (part,) = [each for each in parts if each["name"] == name]
    for attribute, wanted in document(context.world, context.table).items():
        assert dig(part, attribute) == wanted, f"{attribute} is {dig(part, attribute)!r}"


def _what_if(context: Context, who: Caller) -> Response:
    body = {"what_if": document(context.world, context.table)}
    return context.world.request(who, "POST", WHAT_IF, body)


def _newest(world: World, vip: str) -> str:
    """The path of the newest decision about a VIP, which may be gone."""
    decisions = world.find("decision", service_id=world.id_of("VIP", vip))
    newest = max(decisions, key=lambda each: each["decided_at"])
    return f"{KINDS['decision'].path}/{newest['id']}"
