"""Reports wait for a database that is away, and are recorded once it is back."""

import pytest

from core.domain.messages import DeviceReport
from core.ports.store import StoreConflict, StoreFailure
from tests.core.usecases.conductor.lab import Lab

REPORT = DeviceReport(device_id="none", generation=1)


@pytest.mark.parametrize("failure", [StoreFailure("away"), StoreConflict("deadlock")])
def test_reports_that_could_not_be_recorded_are_kept_for_the_next_round(monkeypatch, failure):
    lab = Lab()
    runtime = lab.process.core.runtime()
    lab.bus.agent("memory").report(REPORT)
    outcomes: list[Exception | None] = [failure, None]
    seen, done = [], []

    def take_in(reports):
        seen.append(tuple(reports))
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return [(REPORT, "no good")]

    monkeypatch.setattr(runtime._conductor, "take_in", take_in)
    monkeypatch.setattr(lab.bus, "done", lambda delivery, refused: done.append((delivery, refused)))
    with pytest.raises(type(failure)):
        runtime._take_in_reports()
    assert done == []
    runtime._take_in_reports()
    assert seen == [(REPORT,), (REPORT,)]
    [(delivery, refused)] = done
    assert (delivery.reports, refused) == ((REPORT,), [(REPORT, "no good")])
