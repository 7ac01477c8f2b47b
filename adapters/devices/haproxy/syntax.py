"""Builds configuration text that no value can break out of.

Every word passes through `word`, which refuses what HAProxy has no notation for (line
breaks, NUL and other control characters) and quotes everything else that has a meaning
to its parser. Nothing else in this package writes configuration text.
"""

import re
from dataclasses import dataclass, field

LONGEST_WORD = 1024
"""Characters; HAProxy itself accepts more, and no legitimate value comes near."""

_PLAIN = re.compile(r"[A-Za-z0-9_.:@/,=+()\[\]*-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Refused(ValueError):
    """A value that has no place in a configuration. The text names it and says why."""


def word(value: str) -> str:
    """One word as HAProxy's parser must read it. Raises Refused."""
    if _PLAIN.fullmatch(value) and len(value) <= LONGEST_WORD:
        return value
    if not value:
        raise Refused("an empty value cannot be configured")
    if len(value) > LONGEST_WORD:
        raise Refused(f"a value of {len(value)} characters is too long, at most {LONGEST_WORD}")
    if _CONTROL.search(value):
        raise Refused(f"{value[:40]!r} contains control characters")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Refused(f"{value[:40]!r} is not valid Unicode")
    return "'" + value.replace("'", "'\\''") + "'"


def sample(function: str, argument: str) -> str:
    """A sample fetch with one text argument, such as ``req.cook("name")``."""
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"')
    return f'{function}("{escaped}")'


def line(*words: str | int) -> str:
    """One directive, without indentation."""
    return " ".join(word(str(each)) for each in words)


@dataclass
class Section:
    """A section of a configuration, such as a frontend."""

    kind: str
    name: str | None = None
    lines: list[str] = field(default_factory=list)

    def add(self, *words: str | int) -> None:
        """Append a directive."""
        self.lines.append(line(*words))

    def text(self) -> str:
        """The section as it stands in the file, with a blank line after it."""
        title = line(self.kind, self.name) if self.name else line(self.kind)
        return "\n".join([title, *(f"    {each}" for each in self.lines), "", ""])
