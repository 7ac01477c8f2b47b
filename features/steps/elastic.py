"""Steps about elastic pools and the devices that they make."""

from behave import given, step, then, when
from behave.runner import Context

from features.support.api import PROVIDER, Json
from features.support.polling import eventually
from features.support.tables import dig, document
from features.support.world import World, succeeded


@given('an elastic pool "{name:Word}"')
def elastic_pool(context: Context, name: str) -> None:
    succeeded(context.world.create(PROVIDER, "device pool", name, _body(context, name)))


@when('the provider drafts an elastic pool "{name:Word}"')
def draft_elastic_pool(context: Context, name: str) -> None:
    context.draft = (PROVIDER, "device pool", _body(context, name))


@given('the device of VIP "{vip:Word}" is called "{name:Word}"')
def device_is_called(context: Context, vip: str, name: str) -> None:
    context.world.adopt("device", name, _device_of(context.world, vip)["id"])


@step('device pool "{name:Word}" has {devices:d} device with {services:d} service')
@step('device pool "{name:Word}" has {devices:d} device with {services:d} services')
@step('device pool "{name:Word}" has {devices:d} devices with {services:d} service')
@step('device pool "{name:Word}" has {devices:d} devices with {services:d} services')
def has_devices(context: Context, name: str, devices: int, services: int) -> None:
    _eventually_uses(context.world, name, ready=devices, devices=devices, services=services)


@then('device pool "{name:Word}" has no devices')
def has_none(context: Context, name: str) -> None:
    _eventually_uses(context.world, name, devices=0)


@then('device pool "{name:Word}" has {count:d} idle device')
def has_idle(context: Context, name: str, count: int) -> None:
    _eventually_uses(context.world, name, idle=count)


@then('device pool "{name:Word}" tells "{text:Word}"')
def tells(context: Context, name: str, text: str) -> None:
    def check() -> None:
        reason = context.world.show("device pool", name)["status_reason"]
        assert text in reason, f"it says {reason!r}"

    eventually(check)


@then('the device of VIP "{vip:Word}" shows')
def device_shows(context: Context, vip: str) -> None:
    shown = _device_of(context.world, vip)
    for attribute, wanted in document(context.world, context.table).items():
        assert dig(shown, attribute) == wanted, f"{attribute} is {dig(shown, attribute)!r}"


def _body(context: Context, name: str) -> Json:
    body = {"name": name, "driver": context.deployment.driver}
    return body | document(context.world, context.table)


def _device_of(world: World, vip: str) -> Json:
    (binding,) = world.find("binding", service_id=world.id_of("VIP", vip))
    (device,) = world.find("device", id=binding["device_id"])
    return device


def _eventually_uses(world: World, name: str, **wanted: int) -> None:
    def check() -> None:
        usage = world.show("device pool", name)["usage"]
        assert {key: usage[key] for key in wanted} == wanted, usage

    eventually(check)
