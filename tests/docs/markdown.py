"""Reads the documentation: its files, tables, blocks of code and headings."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_BREAKS = {"&&", "||", "|", ";", "&"}


@dataclass(frozen=True)
class Page:
    """One file of the documentation."""

    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The text without its blocks of code."""
        return _FENCE.sub("", self.text)

    def blocks(self, *languages: str) -> list[str]:
        return [body for language, body in _FENCE.findall(self.text) if language in languages]

    def code(self) -> list[str]:
        """What stands between backquotes in the prose."""
        return _CODE.findall(self.prose)

    def anchors(self) -> set[str]:
        """What links to headings say, as GitHub makes them."""
        return {_slug(title) for title in _HEADING.findall(self.prose)}

    def section(self, title: str) -> str:
        """From a heading to the next one of its level or above, without blocks of code."""
        found = re.search(rf"^(#+) {re.escape(title)}$", self.prose, re.MULTILINE)
        assert found, f"{self.path.name} has no heading {title!r}"
        rest = self.prose[found.end() :]
        end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
        return rest[: end.start()] if end else rest

    def commands(self) -> Iterator[list[str]]:
        """The simple commands in blocks that people copy to a shell, as lists of words."""
        for block in self.blocks("console"):
            typed = re.findall(r"^\$ ((?:.*\\\n)*.*)$", block, re.MULTILINE)
            yield from _simple("\n".join(typed))
        yield from _simple("\n".join(re.findall(r"^    \$ (.*)$", self.prose, re.MULTILINE)))
        for block in self.blocks("sh"):
            yield from _simple(block)


def pages() -> list[Page]:
    """All Markdown of the repository."""
    return [
        Page(path)
        for path in sorted(ROOT.rglob("*.md"))
        if not any(
            part.startswith(".") or part == "node_modules" for part in path.relative_to(ROOT).parts
        )
    ]


def page(name: str) -> Page:
    """A page below docs/."""
    return Page(ROOT / "docs" / name)


def rows(text: str) -> list[list[str]]:
    """The cells of every table row in a text, its backquotes included."""
    lines = (line.strip() for line in text.splitlines())
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("|") and not set(line) <= set("|-: ")
    ]


def named(text: str) -> set[str]:
    """What stands between backquotes in a text."""
    return set(_CODE.findall(text))


def _simple(script: str) -> Iterator[list[str]]:
    words: list[str] = []
    for line in script.replace("\\\n", " ").splitlines():
        if "pierhead" not in line:
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split = True
        for word in [*lexer, ";"]:
            if word not in _BREAKS:
                words.append(word)
                continue
            if words:
                yield words
            words = []


def _slug(title: str) -> str:
    plain = re.sub(r"[^\w\- ]", "", title.replace("`", "").lower())
    return plain.replace(" ", "-")
