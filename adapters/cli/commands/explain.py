"""``pierhead explain``: why a VIP is where it is, and why not elsewhere."""

from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli import actions, lookup
from adapters.cli.commands.refusals import show_groups
from adapters.cli.errors import CommandFailed
from adapters.cli.resources import RESOURCES
from adapters.cli.screen import show_json, show_line, show_table
from adapters.cli.session import Session
from adapters.cli.text import counted, moment, plain
from adapters.cli.wire import Json

if TYPE_CHECKING:
    from adapters.cli.client import Client

DECISION = RESOURCES["decision"]


def explain(
    session: Session,
    vip: Annotated[str, typer.Argument(metavar="VIP", help="The VIP's name or id.")],
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Tell of each device instead of groups of them.")
    ] = False,
) -> None:
    """Say why a VIP is on its device, or on none, and why it is not on any other.

    Why there is as it was decided; why not elsewhere is as the fleet is now.
    """
    client = session.client
    item = lookup.find(client, RESOURCES["vip"], vip)
    newest = {
        "service_id": str(item["id"]),
        "sort_key": "decided_at",
        "sort_dir": "desc",
        "limit": "1",
        "fields": "id",
    }
    decisions = lookup.listing(client, DECISION, newest)
    name = plain(item["name"] or item["id"])
    if not decisions:
        raise CommandFailed(f"no device was chosen for vip {name} yet; it is {item['status']}")
    detail = "all" if every or session.as_json else "summary"
    path = lookup.path_of(DECISION, str(decisions[0]["id"]))
    decision: Json = client.get(path, DECISION.one, {"why_not": detail})
    if session.as_json:
        show_json(decision)
    elif "verdicts" in decision:
        _show(name, decision)
    else:
        _show_to_tenant(name, decision)


def show_decision(
    session: Session,
    identity: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
) -> None:
    """Show what was stored of one decision; `pierhead explain` looks at the fleet as well."""
    actions.show_one(session, _stored(session.client, identity))


def _stored(client: "Client", text: str) -> Json:
    found = lookup.listing(client, DECISION, {"id": text})
    if not found:
        # Tables on a terminal show the start of an id.
        items = lookup.listing(client, DECISION, {})
        found = [item for item in items if str(item["id"]).startswith(text.lower())]
    if len(found) != 1:
        many = "there is no decision with" if not found else "several decisions have"
        raise CommandFailed(f"{many} id {plain(text)}; see `pierhead decision list`")
    return found[0]


def outcome(name: str, decision: Json) -> str:
    """The decision in one sentence."""
    when = moment(decision["decided_at"])
    considered = f"{counted(decision['considered'], 'device')} considered"
    refusals = ", ".join(f"{plain(code)} {n}" for code, n in decision["refusals"].items())
    counts = f"; refused: {refusals}" if refusals else ""
    verdicts: list[Json] = decision["verdicts"]
    chosen = next((v for v in verdicts if v["device_id"] == decision["device_id"]), None)
    if chosen is not None:
        place = f"was placed on {plain(chosen['device_name'])}, total {_total(chosen['total'])}"
    elif verdicts and not verdicts[0]["fits"]:
        # A service that is placed asked its own device for a change.
        texts = "; ".join(reason["text"] for reason in verdicts[0]["reasons"])
        place = f"cannot change on {plain(verdicts[0]['device_name'])}, {plain(texts)}"
    else:
        place = "was placed" if decision["placed"] else "was placed on no device"
    return f"{name} {place} ({when}): {considered}{counts}."


def _show(name: str, decision: Json) -> None:
    show_line(outcome(name, decision))
    if any(verdict["fits"] for verdict in decision["verdicts"]):
        show_line("\nWhy there, as it was decided (value x weight = points):")
        _show_terms(decision)
    why_not: Json | None = decision.get("why_not")
    if why_not is None:
        show_line(f"\n{plain(decision.get('note'))}")
        return
    show_line(
        f"\nWhy not elsewhere, as the fleet is now ({moment(why_not['explained_at'])}, revision"
        f" {why_not['fleet_revision']}): {counted(why_not['considered'], 'device')},"
        f" {why_not['fitting']} of them fit."
    )
    if why_not["best_device_id"] is not None:
        show_line(f"Placed anew, it would go to {plain(why_not['best_device_name'])}.")
    if why_not["devices"]:
        _show_devices(why_not["devices"])
    else:
        show_groups(why_not["groups"])


def _show_terms(decision: Json) -> None:
    verdicts: list[Json] = [each for each in decision["verdicts"] if each["fits"]]
    scores = list(dict.fromkeys(term["score"] for each in verdicts for term in each["terms"]))
    rows = []
    for verdict in verdicts:
        terms = {term["score"]: term for term in verdict["terms"]}
        is_chosen = verdict["device_id"] == decision["device_id"]
        rows.append(
            [
                plain(verdict["device_name"]),
                "chosen" if is_chosen else "next",
                _total(verdict["total"]),
                *(_term(terms.get(score)) for score in scores),
            ]
        )
    show_table(["device", "verdict", "total", *map(plain, scores)], rows)


def _show_devices(devices: list[Json]) -> None:
    rows = [
        [
            plain(each["device_name"]),
            "fits" if each["fits"] else "refused",
            _total(each["total"]),
            plain("; ".join(reason["text"] for reason in each["reasons"])),
            plain(each["remedy"]),
        ]
        for each in devices
    ]
    show_table(["device", "verdict", "total", "why", "what would admit it"], rows)


def _show_to_tenant(name: str, decision: Json) -> None:
    show_line(f"{name} ({moment(decision['decided_at'])}): {plain(decision['summary'])}.")
    for advice in decision["advice"]:
        show_line(f"- {plain(advice)}")


def _total(total: float | None) -> str:
    return "-" if total is None else f"{total:.3f}"


def _term(term: Json | None) -> str:
    if term is None:
        return "-"
    value, weight = term["value"], term["weight"]
    return f"{value:.3g} x {weight:g} = {value * weight:.4g}"
