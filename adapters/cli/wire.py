"""Types of what travels between the commands and the server."""

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]
"""A JSON object."""

Params = Mapping[str, str | Sequence[str]]
"""A query string: a key with several values is sent several times."""
