"""`pierhead db`: what it prints, and how it ends."""

import json
import sqlite3
from contextlib import closing

import pytest

import pierhead.main  # noqa: F401  # registers the commands
from adapters.cli.app import outcome
from adapters.persistence.sql import migrations
from adapters.persistence.sql.engine import open_engine
from adapters.persistence.sql.migrations import HEAD, current
from tests.adapters.persistence.neighbours import add_neighbours, check_neighbours


@pytest.fixture
def run(tmp_path, capsys):
    def run(*arguments: str) -> tuple[int, list[str], str]:
        code = outcome(["db", *arguments, "--state-dir", str(tmp_path)])
        shown = capsys.readouterr()
        return code, shown.out.splitlines(), shown.err

    return run


@pytest.fixture
def old(tmp_path):
    """A database as the first version had it."""
    engine = open_engine(f"sqlite:///{tmp_path / 'pierhead.db'}")
    migrations.upgrade(engine, "0001")
    engine.dispose()


def test_tables_are_made_at_once(run):
    code, out, error = run("upgrade")
    assert (code, error) == (0, "")
    current = f"the tables are of version {HEAD}, the newest one"
    assert out == [f"done: {HEAD} All tables at once.", current]
    assert run("upgrade") == (0, [current], "")
    assert run("status") == (0, [current], "")


def test_tables_are_changed_step_by_step(run, old):
    code, out, error = run("upgrade")
    assert (code, error) == (0, "")
    for verb in ("to do", "done"):
        steps = [line.removeprefix(f"{verb}: ") for line in out if line.startswith(f"{verb}: ")]
        assert [step.partition(" ")[0] for step in steps] == [
            "0002",
            "0003",
            "0004",
            "0005",
            "0006",
        ]


def test_tables_of_an_older_version_are_told_of(run, old):
    code, [line, *steps], _ = run("status")
    assert code == 1
    assert line == f"the tables are of version 0001; this Pierhead needs version {HEAD}"
    assert [step.split()[:3] for step in steps] == [
        ["to", "do:", version] for version in ("0002", "0003", "0004", "0005", "0006")
    ]


def test_programs_get_json(run, old):
    code, out, _ = run("upgrade", "--json")
    done = json.loads("\n".join(out))
    assert (code, done["version"], len(done["done"])) == (0, HEAD, 5)
    assert done["done"][0].keys() == {"version", "description"}
    code, out, _ = run("status", "--json")
    assert (code, json.loads("\n".join(out))) == (
        0,
        {"version": HEAD, "wanted": HEAD, "pending": []},
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_tables_in_neutrons_database(request, tmp_path, capsys, monkeypatch, kind):
    driver = {"postgresql": "postgresql+psycopg2", "mariadb": "mysql+pymysql"}[kind]
    server = request.getfixturevalue(f"{kind}_server")
    url = server.create("neutron")
    engine = open_engine(url)
    add_neighbours(engine)
    written = f"{driver}:{url.partition(':')[2]}"
    main, more = tmp_path / "neutron.conf", tmp_path / "database.conf"
    main.write_text("[DEFAULT]\n[database]\nconnection = sqlite://\n")
    more.write_text(f"[database]\nconnection = {written}\n")
    given = ["--neutron-conf", str(main), "--neutron-conf", str(more)]
    assert outcome(["db", "status", *given]) == 1
    assert capsys.readouterr().out.startswith("the tables do not exist")
    assert outcome(["db", "upgrade", *given]) == 0
    assert outcome(["db", "status", *given]) == 0
    assert current(engine) == HEAD
    monkeypatch.setenv("PIERHEAD_NEUTRON_CONF", f"{main},{more}")
    assert outcome(["db", "status"]) == 0
    check_neighbours(engine)
    engine.dispose()
    server.drop("neutron")


def test_neutrons_database_is_told_without_its_password(tmp_path, capsys):
    conf = tmp_path / "neutron.conf"
    conf.write_text("[database]\nconnection = mysql+pymysql://me:hush@127.0.0.1:1/neutron\n")
    assert outcome(["db", "upgrade", "--neutron-conf", str(conf)]) == 2
    refusal = capsys.readouterr().err
    assert refusal.startswith("pierhead: database mysql+pymysql://me:***@127.0.0.1:1/neutron: ")
    assert len(refusal.splitlines()) == 1
    assert outcome(["db", "status", "--neutron-conf", str(tmp_path / "no.conf")]) == 2
    missing = f"pierhead: neutron_conf: {tmp_path / 'no.conf'}: No such file or directory\n"
    assert capsys.readouterr().err == missing


def test_two_databases(run, tmp_path):
    said = "pierhead: --state-dir and --neutron-conf name two databases\n"
    assert run("status", "--neutron-conf", str(tmp_path / "neutron.conf")) == (2, [], said)


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
