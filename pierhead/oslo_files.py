"""Configuration files as OpenStack's programs read them, without OpenStack's libraries."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pierhead.errors import StartupError

_DEFAULT = "default"
_REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<plain>[a-z_][\w.]*)|\{(?P<braced>[a-z_][\w.]*)\})"
)


@dataclass(frozen=True, slots=True)
class Options:
    """What files set together, by section and name; `source` names the files."""

    source: str
    values: Mapping[tuple[str, str], str]

    def get(self, section: str, name: str) -> str | None:
        """An option's text, with what it refers to put in; None: it is not set. Raises
        StartupError."""
        at = (section.lower(), name)
        return self._complete(at, ()) if at in self.values else None

    def _complete(self, at: tuple[str, str], above: tuple[tuple[str, str], ...]) -> str:
        def put_in(match: re.Match[str]) -> str:
            if match["dollar"]:
                return "$"
            name = match["plain"] or match["braced"]
            section, _, option = name.rpartition(".")
            for found in ((section.lower() or at[0], option), (_DEFAULT, option)):
                if found in self.values and found not in (at, *above):
                    return self._complete(found, (at, *above))
            raise StartupError(
                f"{self.source}: [{_shown(at[0])}] {at[1]} refers to ${name}, which is not set"
            )

        return _REFERENCE.sub(put_in, self.values[at].replace(r"\$", "$$"))


def read_options(setting: str, files: Sequence[str | Path]) -> Options:
    """What these files set; of an option that is set several times, the last holds. Options
    that are not set have no defaults. Raises StartupError, which names the setting."""
    values: dict[tuple[str, str], str] = {}
    for path in map(Path, files):
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise StartupError(f"{setting}: {path}: {error.strerror}") from error
        except UnicodeDecodeError:
            raise StartupError(f"{setting}: {path} is not in UTF-8") from None
        try:
            values.update(_assignments(text.splitlines()))
        except _Unreadable as error:
            raise StartupError(f"{setting}: {path}, line {error.line}: {error}") from error
    return Options(", ".join(map(str, files)), values)


class _Unreadable(Exception):
    """What is wrong with a line, which may hold a password and is not shown."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def _assignments(lines: Iterable[str]) -> Iterator[tuple[tuple[str, str], str]]:
    section, at, parts = "", None, list[str]()
    for number, line in enumerate(map(str.rstrip, lines), 1):
        if at is not None and line[:1] in (" ", "\t"):
            parts.append(line.lstrip())
            continue
        if at is not None:
            yield at, "\n".join(parts)
            at = None
        if line.startswith("["):
            if not line.endswith("]") or len(line) == len("[]"):
                raise _Unreadable(number, "no section")
            section = line[1:-1].lower()
        elif line and not line.startswith(("#", ";")):
            name, value = _parted(number, line)
            if not section:
                raise _Unreadable(number, "an option before the first section")
            at, parts = (section, name), [value]
    if at is not None:
        yield at, "\n".join(parts)


def _parted(number: int, line: str) -> tuple[str, str]:
    ends = [at for at in map(line.find, "=:") if at >= 0]
    name = line[: min(ends)].strip() if ends else ""
    if not name or line[0].isspace():
        raise _Unreadable(number, "neither a section nor an option")
    value = line[min(ends) + 1 :].strip()
    if value and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return name, value


def _shown(section: str) -> str:
    return section.upper() if section == _DEFAULT else section
