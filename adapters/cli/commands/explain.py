"""``pierhead explain``: why a VIP is where it is."""

from typing import Annotated

import typer

from adapters.cli import lookup
from adapters.cli.errors import CommandFailed
from adapters.cli.resources import RESOURCES
from adapters.cli.screen import show_json, show_line, show_table
from adapters.cli.session import Session
from adapters.cli.text import counted, moment, plain
from adapters.cli.wire import Json


def explain(
    session: Session,
    vip: Annotated[str, typer.Argument(metavar="VIP", help="The VIP's name or id.")],
) -> None:
    """Say why a VIP is on its device, or on none: every device, its scores or its refusals."""
    client = session.client
    item = lookup.find(client, RESOURCES["vip"], vip)
    newest = {
        "service_id": str(item["id"]),
        "sort_key": "decided_at",
        "sort_dir": "desc",
        "limit": "1",
    }
    decisions = lookup.listing(client, RESOURCES["decision"], newest)
    name = plain(item["name"] or item["id"])
    if not decisions:
        raise CommandFailed(f"no device was chosen for vip {name} yet; it is {item['status']}")
    decision = decisions[0]
    if session.as_json:
        show_json(decision)
        return
    show_line(outcome(name, decision))
    verdicts: list[Json] = decision.get("verdicts") or []
    if verdicts:
        show_line("")
        _show_candidates(decision, verdicts)
        _show_refusals(verdicts)


def outcome(name: str, decision: Json) -> str:
    """The decision in one sentence."""
    when = moment(decision["decided_at"])
    considered = f"{counted(decision['considered'], 'device')} considered"
    refusals = ", ".join(f"{plain(code)} {n}" for code, n in decision["refusals"].items())
    counts = f"; refused: {refusals}" if refusals else ""
    verdicts: list[Json] = decision.get("verdicts") or []
    chosen = next((v for v in verdicts if v["device_id"] == decision.get("device_id")), None)
    if chosen is not None:
        place = f"was placed on {plain(chosen['device_name'])}, total {_total(chosen)}"
    elif decision.get("device_id") or decision.get("placed"):
        place = "was placed"
    else:
        place = "was placed on no device"
    return f"{name} {place} ({when}): {considered}{counts}."


def _show_candidates(decision: Json, verdicts: list[Json]) -> None:
    scores = list(dict.fromkeys(term["score"] for each in verdicts for term in each["terms"]))
    rows = []
    for verdict in verdicts:
        terms = {term["score"]: term for term in verdict["terms"]}
        rows.append(
            [
                plain(verdict["device_name"]),
                _word(decision, verdict),
                "-" if verdict["reasons"] else _total(verdict),
                *(_term(terms.get(score)) for score in scores),
            ]
        )
    show_table(["device", "verdict", "total", *map(plain, scores)], rows)
    if scores:
        show_line("Each score is weight x value; the total is their sum.")


def _show_refusals(verdicts: list[Json]) -> None:
    rows = [
        [
            plain(verdict["device_name"]),
            plain(reason["code"]),
            plain(reason["text"]),
            plain(reason["numbers"]),
        ]
        for verdict in verdicts
        for reason in verdict["reasons"]
    ]
    if rows:
        show_line("\nRefused:")
        show_table(["device", "reason", "why", "numbers"], rows)


def _word(decision: Json, verdict: Json) -> str:
    if verdict["reasons"]:
        return "refused"
    return "chosen" if verdict["device_id"] == decision.get("device_id") else "fits"


def _total(verdict: Json) -> str:
    return f"{sum(term['weight'] * term['value'] for term in verdict['terms']):.3f}"


def _term(term: Json | None) -> str:
    return "-" if term is None else f"{term['weight']:g} x {term['value']:.3g}"
