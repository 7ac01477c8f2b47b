"""The W3C Trace Context of requests."""

import re
import secrets

TRACEPARENT = "traceparent"

_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_LATER = re.compile(rf"(?!00){_FORM.pattern}-.*")


def trace_of(header: str | None) -> str:
    """The traceparent that a request came with, or a new one when it has none that is valid.

    Of a later version of the standard only what this one knows is kept, as it demands.
    """
    if header is not None:
        if _FORM.fullmatch(header):
            return header
        if _LATER.fullmatch(header):
            return header[:55]
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
