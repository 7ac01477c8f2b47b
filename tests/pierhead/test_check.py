"""`pierhead check`: what it prints, and how it ends."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import pierhead.main  # noqa: F401  # registers the command
from adapters.cli.app import outcome
from adapters.persistence.sql import open_sql_store
from tests import builders as a


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with a device whose counter is wrong."""
    url = f"sqlite:///{tmp_path / 'pierhead.db'}"
    with closing(open_sql_store(url)) as store, store.write() as work:
        work.devices.add(a.a_device("lb1", driver="memory", limits={"vips": 9}))
        work.ledger.set_limits(a.uid("lb1"), {"vips": 9, "vlans:eth1": 64})
        work.services.add(a.a_service("web"))
        work.decisions.add(a.a_decision(service_id=a.uid("web")))
        assert work.bindings.claim([a.a_claim("web")]) == [None]
        work.commit()
    break_it(tmp_path)
    return tmp_path


def break_it(state: Path) -> None:
    with closing(sqlite3.connect(state / "pierhead.db")) as connection, connection:
        connection.execute("UPDATE pierhead_device_counters SET used = 4 WHERE resource = 'vips'")


@pytest.fixture(autouse=True)
def drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIERHEAD_DRIVERS", "memory")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = outcome(["check", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_people_get_a_table_and_programs_an_exit_code(state, capsys):
    code, out, error = run(capsys, "--state-dir", str(state))
    assert (code, error) == (1, "")
    assert [line.split() for line in out.splitlines()] == [
        ["1", "device", "checked:", "1", "wrong"],
        ["WHAT", "WHERE", "OF", "EXPECTED", "FOUND", "REPAIRABLE"],
        ["counter", "lb1", "vips", "1", "4", "yes,", "with", "--repair"],
    ]


def test_repair_says_what_it_did_and_what_is_left(state, capsys):
    code, out, _ = run(capsys, "--state-dir", str(state), "--repair")
    assert code == 0
    assert out.splitlines()[0] == "Mended:"
    assert out.splitlines()[-1] == "1 device checked: nothing wrong"
    assert run(capsys, "--state-dir", str(state)) == (
        0,
        "1 device checked: nothing wrong\n",
        "",
    )


@pytest.mark.parametrize("arguments", [["--json"], ["--json", "--repair"]])
def test_json_holds_everything(state, capsys, arguments):
    code, out, _ = run(capsys, "--state-dir", str(state), *arguments)
    finding = {
        "what": "counter",
        "subject": a.uid("lb1"),
        "name": "lb1",
        "item": "vips",
        "expected": 1,
        "found": 4,
        "repairable": True,
    }
    repaired = "--repair" in arguments
    assert code == (0 if repaired else 1)
    assert json.loads(out) == {
        "devices": 1,
        "counts": {} if repaired else {"counter": 1},
        "findings": [] if repaired else [finding],
        "over_subscribed": [],
        "repaired": [finding] if repaired else [],
    }


def test_a_database_is_named_by_its_url_too(state, capsys):
    code, _, _ = run(capsys, "--database", f"sqlite:///{state / 'pierhead.db'}")
    assert code == 1


def refusal(capsys, *arguments: str) -> str:
    code, out, error = run(capsys, *arguments)
    assert (code, out) == (2, "")
    [line] = error.splitlines()
    return line


def test_what_cannot_be_looked_at_is_one_line(tmp_path, capsys):
    database = tmp_path / "pierhead.db"
    assert refusal(capsys, "--state-dir", str(tmp_path)) == (
        f"pierhead: database sqlite:///{database} does not exist"
    )
    assert not database.exists()
    database.write_bytes(b"")
    assert refusal(capsys, "--state-dir", str(tmp_path)).endswith("has no tables yet")
    database.write_text("no database" * 1000)
    assert refusal(capsys, "--state-dir", str(tmp_path)).endswith("file is not a database")
    assert refusal(capsys, "--database", "nonsense").startswith("pierhead: database: Could not")
    assert "127.0.0.1" in refusal(capsys, "--database", "postgresql://127.0.0.1:1/pierhead")


@pytest.mark.parametrize(("version", "word"), [("0001", "older"), ("9999", "newer")])
def test_a_database_of_another_version_is_left_alone(state, capsys, version, word):
    with closing(sqlite3.connect(state / "pierhead.db")) as connection, connection:
        connection.execute("UPDATE pierhead_alembic_version SET version_num = ?", (version,))
    assert f"is of {'an' if word == 'older' else 'a'} {word} version ({version})" in refusal(
        capsys, "--state-dir", str(state)
    )


def test_a_daemons_database_may_be_checked_while_it_writes(state, capsys):
    with closing(open_sql_store(f"sqlite:///{state / 'pierhead.db'}")) as store:
        with store.write() as work:
            work.services.add(a.a_service("more"))
            assert run(capsys, "--state-dir", str(state))[0] == 1
            work.commit()
        assert run(capsys, "--state-dir", str(state), "--repair")[0] == 0
