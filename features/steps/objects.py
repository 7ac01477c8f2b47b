"""Steps that create, change, delete and look at any kind of object."""

from behave import then, when
from behave.runner import Context

from features.support.api import KINDS, PROVIDER, Caller
from features.support.polling import eventually
from features.support.tables import dig, document, value
from features.support.world import succeeded


@when('{who:Who} tries to create a {kind:Kind} "{name:Word}"')
def try_to_create(context: Context, who: Caller, kind: str, name: str) -> None:
    context.world.create(who, kind, name, document(context.world, context.table))


@when('{who:Who} changes {kind:Kind} "{name:Word}"')
def change(context: Context, who: Caller, kind: str, name: str) -> None:
    succeeded(context.world.change(who, kind, name, document(context.world, context.table)))


@when('{who:Who} tries to change {kind:Kind} "{name:Word}"')
def try_to_change(context: Context, who: Caller, kind: str, name: str) -> None:
    context.world.change(who, kind, name, document(context.world, context.table))


@when('{who:Who} deletes {kind:Kind} "{name:Word}"')
def delete(context: Context, who: Caller, kind: str, name: str) -> None:
    succeeded(context.world.delete(who, kind, name))


@when('{who:Who} tries to delete {kind:Kind} "{name:Word}"')
def try_to_delete(context: Context, who: Caller, kind: str, name: str) -> None:
    context.world.delete(who, kind, name)


@when('{who:Who} looks for {kind:Kind} "{name:Word}"')
def look_for(context: Context, who: Caller, kind: str, name: str) -> None:
    context.world.request(who, "GET", context.world.path(kind, name))


@when("{who:Who} looks at the fleet's {kind:Kind}s")
def look_at_the_fleet(context: Context, who: Caller, kind: str) -> None:
    context.world.request(who, "GET", KINDS[kind].path)


@then('the request is refused with {status:d} "{code:Word}"')
def refused(context: Context, status: int, code: str) -> None:
    answer = context.world.answer
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.json()["NeutronError"]["type"] == code, answer.text


@then("the request is refused with {status:d}")
def refused_somehow(context: Context, status: int) -> None:
    answer = context.world.answer
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.json()["NeutronError"]["message"], answer.text


@then('the refusal names {kind:Kind} "{name:Word}"')
def refusal_names(context: Context, kind: str, name: str) -> None:
    message = context.world.answer.json()["NeutronError"]["message"]
    assert context.world.id_of(kind, name) in message, message


@then('the refusal mentions "{text:Word}"')
def refusal_mentions(context: Context, text: str) -> None:
    message = context.world.answer.json()["NeutronError"]["message"]
    assert text in message, message


@then("the answer shows")
def answer_shows(context: Context) -> None:
    (shown,) = context.world.answer.json().values()
    for attribute, wanted in document(context.world, context.table).items():
        assert dig(shown, attribute) == wanted, f"{attribute} is {dig(shown, attribute)!r}"


@then('the answer nowhere contains "{text:Word}"')
def answer_does_not_contain(context: Context, text: str) -> None:
    assert text not in context.world.answer.text, context.world.answer.text


@then('{kind:Kind} "{name:Word}" becomes {status}')
def becomes(context: Context, kind: str, name: str, status: str) -> None:
    def check() -> None:
        shown = context.world.show(kind, name)
        assert shown["status"] == status, (
            f"{shown['status']}: {shown.get('status_description') or shown.get('status_reason')}"
        )

    eventually(check)


@then('{kind:Kind} "{name:Word}" is at once {status}')
def is_at_once(context: Context, kind: str, name: str, status: str) -> None:
    shown = context.world.show(kind, name)
    assert shown["status"] == status, shown["status"]


@then('{kind:Kind} "{name:Word}" shows')
def shows(context: Context, kind: str, name: str) -> None:
    wanted = document(context.world, context.table)

    def check() -> None:
        shown = context.world.show(kind, name)
        for attribute, expected in wanted.items():
            assert dig(shown, attribute) == expected, f"{attribute} is {dig(shown, attribute)!r}"

    eventually(check)


@then('{kind:Kind} "{name:Word}" says "{text:Word}"')
def says(context: Context, kind: str, name: str, text: str) -> None:
    attribute = "status_reason" if kind == "device" else "status_description"
    wanted = str(value(context.world, attribute, text))

    def check() -> None:
        said = context.world.show(kind, name)[attribute]
        assert wanted in said, f"it says {said!r}"

    eventually(check)


@then('{kind:Kind} "{name:Word}" is gone')
def is_gone(context: Context, kind: str, name: str) -> None:
    def check() -> None:
        response = context.world.api.send(PROVIDER, "GET", context.world.path(kind, name))
        assert response.status_code == 404, response.text

    eventually(check)


@then("{who:Who} sees the {kind:Kind}s {names:Names}")
def sees_exactly(context: Context, who: Caller, kind: str, names: list[str]) -> None:
    seen = {each["id"] for each in context.world.find(kind, who)}
    assert seen == {context.world.id_of(kind, name) for name in names}, seen


@then("{who:Who} sees no {kind:Kind}s")
def sees_none(context: Context, who: Caller, kind: str) -> None:
    seen = context.world.find(kind, who)
    assert not seen, seen
