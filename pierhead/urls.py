"""URLs of servers: passwords are put into them, and never shown."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from pierhead.errors import StartupError
from pierhead.secret_files import read_secret

_HIDDEN = "***"
_SECRET_PARAMETERS = re.compile(r"(?i)((?:^|[?&;])[^=&;]*(?:password|passwd|secret)[^=&;]*=)[^&;]*")


def with_password(url: str, file: str) -> str:
    """The database's URL with the password that the file holds; as it is when no file is named.

    Raises StartupError for a URL that is none, has a password besides, or has no user.
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        user, password = parts.username, parts.password
    except ValueError:
        raise StartupError("database_url is no URL") from None
    if not file:
        return url
    if password is not None:
        raise StartupError("database_url has a password, and database_password_file another")
    if not user:
        raise StartupError("database_url names no user for the password of database_password_file")
    secret = quote(read_secret("database_password_file", Path(file)), safe="")
    return urlunsplit(parts._replace(netloc=f"{user}:{secret}@{host}"))


def with_certificates(url: str, file: str) -> str:
    """The database's URL so that the server must prove itself by a certificate of the file; as
    it is when no file is named."""
    if not file:
        return url
    parts = urlsplit(url)
    kind = parts.scheme.partition("+")[0]
    wanted = {"sslmode": "verify-full", "sslrootcert": file}
    if kind != "postgresql":
        wanted = {"ssl_ca": file}
    # Several parameters of one name are several hosts: they stay as they are.
    given = parse_qsl(parts.query, keep_blank_values=True)
    added = [item for item in wanted.items() if item[0] not in dict(given)]
    return urlunsplit(parts._replace(query=urlencode([*given, *added])))


def has_password(url: str) -> bool:
    """Whether there is anything in the URL that must not be shown."""
    return redacted(url) != url


def redacted(url: str) -> str:
    """The URL as it may be shown."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return _HIDDEN
    login, at, host = parts.netloc.rpartition("@")
    user, colon, password = login.partition(":")
    netloc = f"{user}{colon}{_HIDDEN if password else ''}{at}{host}"
    query = _SECRET_PARAMETERS.sub(rf"\g<1>{_HIDDEN}", parts.query)
    if (netloc, query) == (parts.netloc, parts.query):
        return url
    return urlunsplit(parts._replace(netloc=netloc, query=query))
