"""Neutron's configuration is read as Neutron reads it, and says where its servers are."""

from pathlib import Path

import pytest

from pierhead.errors import StartupError
from pierhead.from_neutron import BUS, DATABASE, with_neutron_conf
from pierhead.neutron_conf import NeutronConf
from pierhead.settings import Settings


@pytest.fixture
def read(tmp_path: Path):
    def read(*texts: str) -> NeutronConf:
        files = []
        for at, text in enumerate(texts):
            files.append(tmp_path / f"{at}.conf")
            files[-1].write_text(text)
        return NeutronConf(files)

    return read


def database(read, connection: str) -> str:
    return read(f"[database]\nconnection = {connection}\n").database_url()


def test_options_are_read_as_neutron_does(read) -> None:
    conf = read(
        "# a comment\n[DEFAULT]\nuser = neutron\nhost: db1\n\n; another\n[Database]\n"
        "secret = 'a=b$$c\\$d'\nconnection = mysql://${user}:$secret@$host/$database.name\n"
        "name = first\nname = second\nlong = one\n  two\n\nempty =\n"
    )
    assert conf.option("database", "connection") == "mysql://neutron:a=b$c$d@db1/second"
    assert conf.option("database", "long") == "one\ntwo"
    assert conf.option("DEFAULT", "host") == "db1"
    assert conf.option("database", "empty") == ""
    assert conf.option("database", "host") is None


def test_later_files_win(read) -> None:
    conf = read("[a]\nx = 1\ny = $x\n[b]\nz = 3", "[b]\nz = 4\n[a]\nx = 2\n")
    assert [conf.option(*at) for at in (("a", "x"), ("a", "y"), ("b", "z"))] == ["2", "2", "4"]


@pytest.mark.parametrize(
    ("connection", "ours"),
    [
        ("postgresql://me:pw@db/n", "postgresql+psycopg://me:pw@db/n"),
        ("postgresql+psycopg2://me@/n?host=/run/pg", "postgresql+psycopg://me@/n?host=/run/pg"),
        ("postgresql://a/n?sslmode=require&plugin=x", "postgresql+psycopg://a/n?sslmode=require"),
        ("mysql://me:p%40w@db:3306/n", "mysql+pymysql://me:p%40w@db:3306/n"),
        (
            "mysql+pymysql://db/n?charset=utf8&plugin=dbcounter&ssl_ca=/etc/ca.pem&auth=x",
            "mysql+pymysql://db/n?charset=utf8mb4&ssl_ca=/etc/ca.pem",
        ),
        ("mariadb+mariadbconnector://db/n", "mariadb+pymysql://db/n"),
    ],
)
def test_the_database_is_reached_by_our_drivers(read, connection: str, ours: str) -> None:
    assert database(read, connection) == ours


@pytest.mark.parametrize(
    ("connection", "why"),
    [
        ("sqlite:////var/lib/neutron.db", "is SQLite, which lets one process in at a time"),
        ("oracle://db/n", "is of oracle; Pierhead knows postgresql, mysql and mariadb"),
        ("hush", "is of nothing"),
        ("mysql://me:hush@[db/n", "is no URL"),
        ("", "is not set"),
        ("mysql://me:hush@$state_path/n", r"refers to \$state_path, which is not set"),
        ("mysql://me:hush@$connection/n", r"refers to \$connection, which is not set"),
    ],
)
def test_databases_that_cannot_be_used(read, connection: str, why: str) -> None:
    with pytest.raises(StartupError, match=rf"0\.conf: \[database\] connection {why}") as caught:
        database(read, connection)
    assert "hush" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[DEFAULT]\nhush\n", "line 2: neither a section nor an option"),
        ("[DEFAULT]\n  hush = 1\n", "line 2: neither a section nor an option"),
        ("\n= hush\n", "line 2: neither a section nor an option"),
        ("hush = 1\n", "line 1: an option before the first section"),
        ("[database\n", "line 1: no section"),
        ("[]\n", "line 1: no section"),
    ],
)
def test_files_that_cannot_be_read(read, text: str, why: str) -> None:
    with pytest.raises(StartupError, match=rf"neutron_conf: .*0\.conf, {why}$") as caught:
        read(text)
    assert "hush" not in str(caught.value)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"no\.conf: No such file or directory$"):
        NeutronConf([tmp_path / "no.conf"])
    (tmp_path / "bytes.conf").write_bytes(b"\xff")
    with pytest.raises(StartupError, match=r"bytes\.conf is not in UTF-8$"):
        NeutronConf([tmp_path / "bytes.conf"])


@pytest.mark.parametrize(
    ("options", "urls"),
    [
        ("transport_url = rabbit://me:pw@mq/", ("amqp://me:pw@mq/%2F",)),
        ("transport_url = rabbit://mq:5672", ("amqp://mq:5672/%2F",)),
        (
            "transport_url = rabbit://a:b@m1:5671,a:b@m2:5671/cloud\n"
            "[oslo_messaging_rabbit]\nssl = True",
            ("amqps://a:b@m1:5671/cloud", "amqps://a:b@m2:5671/cloud"),
        ),
    ],
)
def test_the_bus(read, options: str, urls: tuple[str, ...]) -> None:
    assert read(f"[DEFAULT]\n{options}\n").amqp_urls() == urls


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("", "is not set"),
        ("transport_url = kafka://me:hush@mq", "is of kafka; Pierhead knows rabbit"),
        ("transport_url = rabbit://me:hush@[mq", "is no URL"),
    ],
)
def test_a_bus_that_cannot_be_used(read, options: str, why: str) -> None:
    with pytest.raises(StartupError, match=rf"\[DEFAULT\] transport_url {why}$"):
        read(f"[DEFAULT]\n{options}\n").amqp_urls()


class TestSettings:
    BOTH = (DATABASE, BUS)

    @pytest.fixture
    def file(self, tmp_path: Path) -> str:
        path = tmp_path / "neutron.conf"
        path.write_text(
            "[DEFAULT]\ntransport_url = rabbit://mq/\n[database]\nconnection = mysql://db/n\n"
        )
        return str(path)

    def test_what_is_left_out_comes_from_neutron(self, file: str) -> None:
        found = with_neutron_conf(Settings(neutron_conf=(file,)), self.BOTH)
        assert found == Settings(
            neutron_conf=(file,),
            database_url="mysql+pymysql://db/n",
            amqp_url=("amqp://mq/%2F",),
        )

    def test_what_is_set_stays(self, file: str) -> None:
        settings = Settings(neutron_conf=(file,), database_url="mysql://x/y")
        found = with_neutron_conf(settings, self.BOTH)
        assert (found.database_url, found.amqp_url) == ("mysql://x/y", ("amqp://mq/%2F",))
        assert with_neutron_conf(settings, (DATABASE,)) == settings

    def test_what_is_not_wanted_is_not_looked_for(self, tmp_path: Path) -> None:
        nowhere = Settings(neutron_conf=(str(tmp_path / "no.conf"),))
        assert with_neutron_conf(nowhere, ()) == nowhere
        with pytest.raises(StartupError, match="No such file"):
            with_neutron_conf(nowhere, self.BOTH)
        assert with_neutron_conf(Settings(), self.BOTH) == Settings()
