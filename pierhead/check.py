"""`pierhead check`: proves that what is stored agrees with itself, and mends it."""

import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pierhead.errors import StartupError
from pierhead.from_neutron import DATABASE, with_neutron_conf
from pierhead.settings import Settings, current, load
from pierhead.state_dir import database_url

if TYPE_CHECKING:
    from core.domain.consistency import Finding, OverSubscription
    from core.usecases.fleet.consistency import Report

CLEAN, FOUND, CANNOT_LOOK = 0, 1, 2

_ADVICE = "yes, with --repair"


def check(
    context: typer.Context,
    *,
    config: Annotated[Path | None, typer.Option(help="The daemon's configuration file.")] = None,
    state_dir: Annotated[Path | None, typer.Option(help="The daemon's state directory.")] = None,
    database: Annotated[
        str | None, typer.Option(help="URL of the database, where it is not in a state directory.")
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend counters, limits and networks of devices.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Check that claims, counters and networks agree; the daemon may be running.

    Exit codes: 0 all is well; 1 something is wrong; 2 the database cannot be looked at.
    """
    try:
        settings = load(
            config,
            current(),
            {"state_dir": str(state_dir) if state_dir is not None else None},
        )
        settings = with_neutron_conf(settings, [] if state_dir else [DATABASE])
        shared = settings.database_address() if settings.database_url and not state_dir else ""
        url = database or shared or database_url(settings.state_path)
        result = _look(settings, url, repair=repair)
    except StartupError as error:
        typer.echo(f"pierhead: {error}", err=True)
        raise typer.Exit(CANNOT_LOOK) from error
    _show(result, as_json=as_json or context.obj.as_json)
    raise typer.Exit(FOUND if result.report.findings else CLEAN)


@dataclass(frozen=True, slots=True)
class _Result:
    """What is wrong, now that `mended` was mended; None: nothing was to be."""

    report: "Report"
    mended: "list[Finding] | None"


def _look(settings: Settings, url: str, *, repair: bool) -> _Result:
    # Imported here so that the other commands start without what only this one needs.
    from adapters.persistence.sql import StoreUnusable, connect_sql_store  # noqa: PLC0415
    from adapters.system import SystemClock  # noqa: PLC0415
    from core.ports.store import StoreFailure  # noqa: PLC0415
    from core.usecases.fleet.consistency import Consistency  # noqa: PLC0415
    from pierhead.database import unusable  # noqa: PLC0415
    from pierhead.drivers import load_drivers  # noqa: PLC0415

    plugins = load_drivers(settings.drivers)
    try:
        with closing(connect_sql_store(url)) as store:
            consistency = Consistency(
                store=store,
                drivers={name: plugin.advisor.info for name, plugin in plugins.items()},
                clock=SystemClock(),
            )
            report = consistency.check(_progress("checked"))
            if not repair:
                return _Result(report, None)
            mended = consistency.repair(report, _progress("mended"))
            return _Result(consistency.check(_progress("checked")) if mended else report, mended)
    except StoreUnusable as error:
        raise unusable(url, error) from error
    except StoreFailure as error:
        raise StartupError(str(error)) from error


def _progress(done: str) -> Any:
    """Tells people who wait, on the terminal only."""

    def tell(number: int, total: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if number >= total else ""
            sys.stderr.write(f"\r{done} {number} of {total} devices{end}")
            sys.stderr.flush()

    return tell


def _show(result: _Result, *, as_json: bool) -> None:
    from adapters.cli import screen  # noqa: PLC0415

    report, mended = result.report, result.mended
    if as_json:
        screen.show_json(
            {
                "devices": report.devices,
                "counts": {str(fault): number for fault, number in report.counts.items()},
                "findings": [_document(each) for each in report.findings],
                "over_subscribed": [_document(each) for each in report.over],
                "repaired": [_document(each) for each in mended or ()],
            }
        )
        return
    if mended:
        screen.show_line("Mended:")
        _table(mended)
    total = sum(report.counts.values())
    noun = "device" if report.devices == 1 else "devices"
    screen.show_line(f"{report.devices} {noun} checked: {total or 'nothing'} wrong")
    if report.findings:
        _table(report.findings)
    if total > len(report.findings):
        screen.show_line(f"and {total - len(report.findings)} more")
    if report.over:
        screen.show_line(f"{report.over_count} over-subscribed, which is no fault:")
        _table_of_over(report.over)


def _table(findings: "Sequence[Finding]") -> None:
    rows = (
        (
            each.what,
            each.name or each.subject,
            each.item,
            each.expected,
            each.found,
            _ADVICE if each.repairable else "no",
        )
        for each in findings
    )
    _print(("what", "where", "of", "expected", "found", "repairable"), rows)


def _table_of_over(over: "Sequence[OverSubscription]") -> None:
    rows = ((each.name, each.resource, each.used, each.limit) for each in over)
    _print(("device", "resource", "used", "limit"), rows)


def _print(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    from adapters.cli import screen, text  # noqa: PLC0415

    screen.show_table(titles, [tuple(text.plain(value) for value in row) for row in rows])


def _document(item: "Finding | OverSubscription") -> dict[str, object]:
    return {each.name: getattr(item, each.name) for each in fields(item)}
