"""Checks that values of every kind of object share. They raise InvalidInput."""

import ipaddress
import unicodedata

from core.domain.errors import InvalidInput

_UNSAFE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, surrogates, line and paragraph separators."""


def check_text(field: str, text: str) -> None:
    """Refuse control characters, line separators and what UTF-8 cannot express."""
    if text.isprintable():
        return
    for character in text:
        if unicodedata.category(character) in _UNSAFE_CATEGORIES:
            raise InvalidInput(field, f"character U+{ord(character):04X} is not allowed")


def check_range(field: str, value: int, low: int, high: int) -> None:
    """Refuse a number outside `low` to `high`."""
    if not low <= value <= high:
        raise InvalidInput(field, f"{value} is not between {low} and {high}")


def canonical_address(field: str, text: str) -> str:
    """The address in its usual form."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise InvalidInput(field, f"{text!r} is not an IP address") from None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        raise InvalidInput(field, "an address with a scope cannot be used")
    return str(address)
