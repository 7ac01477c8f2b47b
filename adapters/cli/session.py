"""One run of the program: where the server is, in whose name to ask, how to answer."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.cli.client import Client

DEFAULT_URL = "http://127.0.0.1:9797"


@dataclass
class Session:
    """The options that every command shares; `timeout` in seconds, for each request. The
    `token` is Keystone's, and not printed."""

    url: str = DEFAULT_URL
    project: str | None = None
    roles: str | None = None
    token: str | None = field(default=None, repr=False)
    timeout: float = 30.0
    as_json: bool = False

    @cached_property
    def client(self) -> "Client":
        """The connection to the server, made when it is first needed."""
        # requests takes longer to import than all the rest, and --help does not need it.
        from adapters.cli.client import Client  # noqa: PLC0415

        return Client(
            self.url,
            project=self.project,
            roles=self.roles,
            token=self.token,
            timeout=self.timeout,
        )
