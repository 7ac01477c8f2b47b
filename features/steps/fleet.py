"""Steps about devices, service types and where services are placed."""

from behave import given, then, when
from behave.runner import Context

from features.support.api import KINDS, PROVIDER, Caller, Json
from features.support.polling import eventually
from features.support.tables import document
from features.support.world import World, succeeded

STANDARD = "standard"
"""The features' word for the deployment's own driver."""

ADVISED = "advised"
"""The features' word for a driver whose devices' parameters give it a say in placement."""


@given('a service type "{name:Word}"')
def service_type(context: Context, name: str) -> None:
    body = {"name": name, "drivers": [context.deployment.driver]}
    body |= document(context.world, context.table)
    succeeded(context.world.create(PROVIDER, "service type", name, body))


@given('a service type "{name:Word}" of the drivers {drivers:Names}')
@given('a service type "{name:Word}" of the driver {drivers:Names}')
@when('the provider offers a service type "{name:Word}" of the drivers {drivers:Names}')
def service_type_of(context: Context, name: str, drivers: list[str]) -> None:
    body = {"name": name, "drivers": [_driver(context, each) for each in drivers]}
    body |= document(context.world, context.table)
    succeeded(context.world.create(PROVIDER, "service type", name, body))


@given('a device "{name:Word}"')
def device(context: Context, name: str) -> None:
    _add(context, PROVIDER, name, STANDARD)
    _wait_online(context.world, name)


@given('a {driver} device "{name:Word}"')
@given('an {driver} device "{name:Word}"')
def device_of_driver(context: Context, driver: str, name: str) -> None:
    _add(context, PROVIDER, name, driver)
    _wait_online(context.world, name)


@given('a lite device "{name:Word}" that does not answer')
def silent_device(context: Context, name: str) -> None:
    _add(context, PROVIDER, name, "lite", {"parameters": {"unreachable": True}})
    eventually(lambda: _probed(context.world, name, "OFFLINE"))


@when('{who:Who} adds a {driver} device "{name:Word}"')
def add_device(context: Context, who: Caller, driver: str, name: str) -> None:
    _add(context, who, name, driver)


@when('{who:Who} tries to add a {driver} device "{name:Word}"')
def try_to_add_device(context: Context, who: Caller, driver: str, name: str) -> None:
    context.world.create(who, "device", name, _body(context, name, driver))


@when('the device "{name:Word}" answers again')
def answers_again(context: Context, name: str) -> None:
    succeeded(context.world.change(PROVIDER, "device", name, {"parameters": {}}))


@then('VIP "{vip:Word}" is bound to device "{name:Word}"')
def bound_to(context: Context, vip: str, name: str) -> None:
    assert _binding(context.world, vip)["device_id"] == context.world.id_of("device", name)


@then('VIP "{vip:Word}" is not bound')
def not_bound(context: Context, vip: str) -> None:
    found = context.world.find("binding", service_id=context.world.id_of("VIP", vip))
    assert not found, found


@then('VIP "{one:Word}" and VIP "{other:Word}" are on the same device')
def same_device(context: Context, one: str, other: str) -> None:
    assert len({_binding(context.world, vip)["device_id"] for vip in (one, other)}) == 1


@then('VIP "{one:Word}" and VIP "{other:Word}" are on different devices')
def different_devices(context: Context, one: str, other: str) -> None:
    assert len({_binding(context.world, vip)["device_id"] for vip in (one, other)}) == 2


@then("the VIPs {vips:Names} are on {count:d} device")
@then("the VIPs {vips:Names} are on {count:d} devices")
def on_so_many_devices(context: Context, vips: list[str], count: int) -> None:
    devices = {_binding(context.world, vip)["device_id"] for vip in vips}
    assert len(devices) == count, devices


@then('driver "{name:Word}" shows that its advisor fails')
def advisor_fails(context: Context, name: str) -> None:
    (driver,) = context.world.find("driver", name=_driver(context, name))
    advisor = driver["advisor"]
    assert advisor["advises"], advisor
    assert advisor["failing_since"], advisor
    assert advisor["failure"], advisor


@then('the binding of VIP "{vip:Word}" shows')
def binding_shows(context: Context, vip: str) -> None:
    shown = _binding(context.world, vip)
    for attribute, wanted in document(context.world, context.table).items():
        if attribute == "driver":
            wanted = _driver(context, wanted)  # noqa: PLW2901 - the features' word for it
        assert shown[attribute] == wanted, f"{attribute} is {shown[attribute]!r}"


@then('VIP "{vip:Word}" is bound on the networks {names:Names}')
def bound_on(context: Context, vip: str, names: list[str]) -> None:
    def check() -> None:
        on = [need["network_id"] for need in _binding(context.world, vip)["networks"]]
        assert on == [context.world.id_of("network", name) for name in names], on

    eventually(check)


@then('the decision about VIP "{vip:Word}" refuses device "{name:Word}" for "{code:Word}"')
def decision_refuses(context: Context, vip: str, name: str, code: str) -> None:
    def check() -> None:
        verdict = _verdict(context.world, vip, name)
        assert code in [reason["code"] for reason in verdict["reasons"]], verdict

    eventually(check)


@then('the decision about VIP "{vip:Word}" tells "{text:Word}" of device "{name:Word}"')
def decision_tells(context: Context, vip: str, text: str, name: str) -> None:
    verdict = _verdict(context.world, vip, name)
    assert any(text in reason["text"] for reason in verdict["reasons"]), verdict


@then(
    'the decision about VIP "{vip:Word}" scores device "{name:Word}" with "{score:Word}" {value:g}'
)
def decision_scores(context: Context, vip: str, name: str, score: str, value: float) -> None:
    verdict = _verdict(context.world, vip, name)
    terms = {term["score"]: term["value"] for term in verdict["terms"]}
    assert terms.get(score) == value, verdict


@then('the decision about VIP "{vip:Word}" chose device "{name:Word}" with its scores')
def decision_chose(context: Context, vip: str, name: str) -> None:
    verdict = _verdict(context.world, vip, name)
    assert verdict["fits"], verdict
    assert verdict["terms"], verdict
    total = sum(term["value"] * term["weight"] for term in verdict["terms"])
    assert abs(verdict["total"] - total) < 1e-6, verdict


@then('tenant "{tenant:Word}" sees why VIP "{vip:Word}" was not placed, without the devices')
def tenant_sees_why(context: Context, tenant: str, vip: str) -> None:
    service = context.world.id_of("VIP", vip)
    (decision,) = context.world.find("decision", Caller(tenant, is_admin=False), service_id=service)
    assert decision["placed"] is False, decision
    assert decision["refusals"], decision
    assert not {"verdicts", "device_id", "request"} & decision.keys(), decision


@then('device "{name:Word}" serves {count:d} VIP')
@then('device "{name:Word}" serves {count:d} VIPs')
def serves(context: Context, name: str, count: int) -> None:
    def check() -> None:
        usage = context.world.show("device", name)["usage"]
        assert (usage["services"], usage["resources"]["vips"]["used"]) == (count, count), usage

    eventually(check)


@then('device "{name:Word}" tells its version and that it can do')
def device_tells(context: Context, name: str) -> None:
    shown = context.world.show("device", name)
    assert shown["version"], shown
    for attribute, wanted in document(context.world, context.table).items():
        can = shown["capabilities"][attribute]
        assert set(wanted) <= set(can), f"{attribute}: {can}"


@then('driver "{name:Word}" publishes the schema of its devices\' parameters')
def publishes_schema(context: Context, name: str) -> None:
    (driver,) = context.world.find("driver", name=_driver(context, name))
    assert driver["schema"]["properties"], driver
    assert driver["capabilities"]["protocols"], driver


@then("an agent is alive with all drivers")
def agent_is_alive(context: Context) -> None:
    def check() -> None:
        alive = [agent for agent in context.world.find("agent") if agent["alive"]]
        wanted = {_driver(context, word) for word in (STANDARD, ADVISED, "lite")}
        assert wanted in [set(agent["drivers"]) for agent in alive], alive

    eventually(check)


def _driver(context: Context, word: str) -> str:
    words = {STANDARD: context.deployment.driver, ADVISED: "memory-advised"}
    return words.get(word, word)


def _body(context: Context, name: str, driver: str) -> Json:
    body = {"name": name, "driver": _driver(context, driver)}
    return body | document(context.world, context.table)


def _add(context: Context, who: Caller, name: str, driver: str, more: Json | None = None) -> None:
    body = _body(context, name, driver) | (more or {})
    succeeded(context.world.create(who, "device", name, body))


def _wait_online(world: World, name: str) -> None:
    eventually(lambda: _probed(world, name, "ONLINE"))


def _probed(world: World, name: str, status: str) -> None:
    shown = world.show("device", name)
    assert shown["status"] == status, f"{shown['status']}: {shown['status_reason']}"


def _binding(world: World, vip: str) -> Json:
    found = world.find("binding", service_id=world.id_of("VIP", vip))
    assert found, f"VIP {vip} is not bound"
    return found[0]


def _verdict(world: World, vip: str, device: str) -> Json:
    """What the newest decision about a VIP tells of a device."""
    decisions = world.find("decision", service_id=world.id_of("VIP", vip))
    assert decisions, "no decision"
    newest = max(decisions, key=lambda each: each["decided_at"])
    answer = world.api.send(PROVIDER, "GET", f"{KINDS['decision'].path}/{newest['id']}")
    decision = answer.json()["decision"]
    told = [*decision["verdicts"], *decision.get("why_not", {}).get("devices", ())]
    device_id = world.id_of("device", device)
    found: list[Json] = [each for each in told if each["device_id"] == device_id]
    assert found, decision
    return found[0]
