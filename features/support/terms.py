"""The words that stand for things in the steps' sentences."""

import re

import parse
from behave import register_type

from features.support.api import KINDS, PROVIDER, Caller


@parse.with_pattern(r'the provider|tenant "[^"]+"')
def parse_who(text: str) -> Caller:
    """The provider is an admin; a tenant is a project without any role of note."""
    if text == "the provider":
        return PROVIDER
    return Caller(text.split('"')[1], is_admin=False)


@parse.with_pattern("|".join(sorted(KINDS, key=len, reverse=True)))
def parse_kind(text: str) -> str:
    """One of the resources of the API."""
    return text


@parse.with_pattern(r'[^"]*')
def parse_word(text: str) -> str:
    """What stands between quotes."""
    return text


@parse.with_pattern(r'"[^"]+"(?:, "[^"]+")*(?: and "[^"]+")?')
def parse_names(text: str) -> list[str]:
    """One or several names."""
    return re.findall(r'"([^"]+)"', text)


def register() -> None:
    """Let steps use these terms."""
    register_type(Who=parse_who, Kind=parse_kind, Word=parse_word, Names=parse_names)
