"""Steps about requests that are good but for one attribute."""

from behave import then, when
from behave.model import Row
from behave.runner import Context

from features.support.api import KINDS, Caller
from features.support.tables import document, value

_MISSING = "(missing)"


@when("{who:Who} drafts a {kind:Kind}")
def draft(context: Context, who: Caller, kind: str) -> None:
    context.draft = (who, kind, document(context.world, context.table))


@when('{who:Who} sends "{text:Word}" instead of a {kind:Kind}')
def send_text(context: Context, who: Caller, text: str, kind: str) -> None:
    context.world.answer = context.api.send_raw(who, "POST", KINDS[kind].path, text)


@then("the draft is refused, naming the attribute, with")
def refused_with(context: Context) -> None:
    wrong = [complaint for row in context.table if (complaint := _complaint(context, row))]
    assert not wrong, "\n".join(wrong)


@then('the draft is accepted as "{name:Word}"')
def accepted(context: Context, name: str) -> None:
    who, kind, body = context.draft
    response = context.world.create(who, kind, name, body)
    assert response.status_code == 201, response.text


def _complaint(context: Context, row: Row) -> str | None:
    """What is wrong with the answer to one bad variant of the draft."""
    who, kind, good = context.draft
    attribute = row["attribute"]
    body = {key: known for key, known in good.items() if key != attribute}
    if row["value"] != _MISSING:
        body[attribute] = value(context.world, attribute, row["value"])
    resource = KINDS[kind]
    response = context.world.request(who, "POST", resource.path, {resource.one: body})
    what = f"{attribute} = {row['value']}: {response.status_code} {response.text}"
    if response.status_code == 201:
        context.world.adopt(kind, what, response.json()[resource.one]["id"])
        return what
    error = response.json().get("NeutronError", {})
    wanted = row["named"] if "named" in row.headings else attribute
    good_refusal = response.status_code == int(row["status"]) and wanted in error.get("message", "")
    return None if good_refusal else what
