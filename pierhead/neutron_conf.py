"""What Pierhead takes from Neutron's configuration: where the database and the bus are."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from pierhead.errors import StartupError
from pierhead.oslo_files import Options, read_options

_SETTING = "neutron_conf"
_DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql", "mariadb": "pymysql"}
"""Ours, by database."""
_PYMYSQL = frozenset(
    {"unix_socket", "bind_address", "init_command", "sql_mode", "server_public_key"}
    | {"read_default_file", "read_default_group"}
    | {"connect_timeout", "read_timeout", "write_timeout"}
    | {"ssl_ca", "ssl_capath", "ssl_cert", "ssl_key", "ssl_cipher", "ssl_check_hostname"}
    | {"ssl_verify_cert", "ssl_verify_identity"}
)
"""Parameters of a URL that PyMySQL knows; those of other drivers would stop it."""
_TRUE = frozenset({"true", "1", "on", "yes"})


class NeutronConf:
    """What Neutron's configuration files say together. No text of it is to be printed, since
    there may be passwords in it."""

    def __init__(self, files: Sequence[str | Path]) -> None:
        """Read the files, of which later ones win. Raises StartupError."""
        self._options = read_options(_SETTING, files)

    def option(self, section: str, name: str) -> str | None:
        """The text of an option; None: the files do not set it. Raises StartupError."""
        return self._options.get(section, name)

    def database_url(self) -> str:
        """Neutron's database, as SQLAlchemy names it with our drivers. Raises StartupError."""
        parts = _url(self._options, "database", "connection")
        kind = parts.scheme.partition("+")[0]
        if kind == "sqlite":
            raise self._refusal(
                "[database] connection is SQLite, which lets one process in at a time; "
                "with Neutron, use PostgreSQL or MariaDB"
            )
        if kind not in _DRIVERS:
            raise self._refusal(
                f"[database] connection is of {parts.scheme or 'nothing'}; "
                "Pierhead knows postgresql, mysql and mariadb"
            )
        query = urlencode(list(_parameters(kind, parts.query)), safe="/")
        return urlunsplit(parts._replace(scheme=f"{kind}+{_DRIVERS[kind]}", query=query))

    def amqp_urls(self) -> tuple[str, ...]:
        """The nodes of Neutron's bus, amqp:// or amqps://. Raises StartupError."""
        parts = _url(self._options, "DEFAULT", "transport_url")
        if parts.scheme != "rabbit":
            raise self._refusal(
                f"[DEFAULT] transport_url is of {parts.scheme or 'nothing'}; Pierhead knows rabbit"
            )
        secured = (self.option("oslo_messaging_rabbit", "ssl") or "").lower() in _TRUE
        scheme = "amqps" if secured else "amqp"
        host = parts.path.removeprefix("/") or "/"
        nodes = [node.strip() for node in parts.netloc.split(",")]
        return tuple(f"{scheme}://{node}/{host.replace('/', '%2F')}" for node in nodes if node)

    def _refusal(self, why: str) -> StartupError:
        return StartupError(f"{_SETTING}: {self._options.source}: {why}")


def _url(options: Options, section: str, name: str) -> SplitResult:
    text = options.get(section, name)
    if not text:
        raise StartupError(f"{_SETTING}: {options.source}: [{section}] {name} is not set")
    try:
        return urlsplit(text)
    except ValueError:
        raise StartupError(f"{_SETTING}: {options.source}: [{section}] {name} is no URL") from None


def _parameters(kind: str, query: str) -> Iterator[tuple[str, str]]:
    """Those that our driver takes."""
    for name, value in parse_qsl(query, keep_blank_values=True):
        if kind == "postgresql":
            if name != "plugin":
                yield name, value
        elif name == "charset":
            # Tenants' names need all of Unicode, which MariaDB's utf8 is not.
            yield name, "utf8mb4"
        elif name in _PYMYSQL:
            yield name, value
