"""`pierhead db`: what it prints, and how it ends."""

import json
import sqlite3
from contextlib import closing

import pytest

import pierhead.main  # noqa: F401  # registers the commands
from adapters.cli.app import outcome
from adapters.persistence.sql.migrations import HEAD


@pytest.fixture
def run(tmp_path, capsys):
    def run(*arguments: str) -> tuple[int, list[str], str]:
        code = outcome(["db", *arguments, "--state-dir", str(tmp_path)])
        shown = capsys.readouterr()
        return code, shown.out.splitlines(), shown.err

    return run


def test_tables_are_made_step_by_step(run):
    code, out, error = run("upgrade")
    assert (code, error) == (0, "")
    steps = [line.removeprefix("done: ") for line in out if line.startswith("done: ")]
    assert [step.partition(" ")[0] for step in steps] == [
        f"{n:04}" for n in range(1, int(HEAD) + 1)
    ]
    assert out[-1] == f"the tables are of version {HEAD}, the newest one"
    assert run("upgrade") == (0, [out[-1]], "")
    assert run("status") == (0, [out[-1]], "")


def test_tables_of_an_older_version_are_told_of(run, tmp_path):
    run("upgrade")
    with closing(sqlite3.connect(tmp_path / "pierhead.db")) as connection, connection:
        connection.execute("UPDATE pierhead_alembic_version SET version_num = '0002'")
    code, [line, *steps], _ = run("status")
    assert code == 1
    assert line == f"the tables are of version 0002; this Pierhead needs version {HEAD}"
    assert [step.split()[:3] for step in steps] == [["to", "do:", "0003"]]


def test_programs_get_json(run):
    code, out, _ = run("upgrade", "--json")
    done = json.loads("\n".join(out))
    assert (code, done["version"], len(done["done"])) == (0, HEAD, int(HEAD))
    assert done["done"][0].keys() == {"version", "description"}
    code, out, _ = run("status", "--json")
    assert (code, json.loads("\n".join(out))) == (
        0,
        {"version": HEAD, "wanted": HEAD, "pending": []},
    )


def test_what_cannot_be_looked_at_is_one_line(run, tmp_path, monkeypatch, capsys):
    database = tmp_path / "pierhead.db"
    assert run("status") == (2, [], f"pierhead: database sqlite:///{database} does not exist\n")
    run("upgrade")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE pierhead_alembic_version SET version_num = '9999'")
    code, out, error = run("upgrade")
    assert (code, out) == (2, [])
    assert "is of a newer version (9999)" in error
    monkeypatch.setenv("PIERHEAD_DATABASE_URL", "postgresql://me:hush@127.0.0.1:1/p?password=hush")
    assert outcome(["db", "status"]) == 2
    refusal = capsys.readouterr().err
    assert "postgresql://me:***@127.0.0.1:1/p?password=***: " in refusal
    assert "hush" not in refusal
