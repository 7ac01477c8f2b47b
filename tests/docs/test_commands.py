"""What the documentation has people type can be typed."""

import configparser
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.exceptions import TyperException

from pierhead.main import app
from pierhead.settings import load
from tests.docs.markdown import ROOT, Page, page, pages

GUIDES = [page("operator-guide.md"), page("tenant-guide.md"), page("writing-a-driver.md")]


def test_every_command_in_a_block_is_understood() -> None:
    wrong = {}
    typed = [words for each in pages() for words in each.commands()]
    asked = [arguments for words in typed if (arguments := _arguments(words)) is not None]
    assert len(asked) > 20, "the blocks are not read"
    for arguments in asked:
        refusal = _refusal(arguments)
        if refusal is not None:
            wrong[shlex.join(arguments)] = refusal
    assert not wrong


def test_commands_within_sentences_exist() -> None:
    """These may leave out what does not matter, so only names are checked."""
    wrong = [
        text
        for each in pages()
        for text in each.code()
        if text.startswith("pierhead ") and not _exists(shlex.split(text)[1:])
    ]
    assert not wrong


def test_a_wrong_command_would_be_noticed() -> None:
    assert _refusal(["vip", "add", "--subnet", "a", "--port", "80", "--pool", "p"]) is None
    assert _refusal(["vip", "add", "--subnet", "a", "--port", "80"]) is not None
    assert _refusal(["vip", "add", "--nothing"]) is not None
    assert _refusal(["vips", "list"]) is not None
    assert not _exists(["vip", "fetch"])
    assert not _exists(["vip", "list", "--nothing"])


@pytest.mark.parametrize("target", ["operator", "tenant"])
def test_a_block_of_shell_has_no_prompt_and_one_of_console_has(target: str) -> None:
    guide = page(f"{target}-guide.md")
    assert not any(line.startswith("$") for block in guide.blocks("sh") for line in block.split())
    assert all("$ " in block for block in guide.blocks("console"))


def test_the_example_of_a_configuration_file_is_one(tmp_path: Path) -> None:
    files = [text for text in page("operator-guide.md").blocks("toml") if "state_dir" in text]
    assert files
    for text in files:
        config = tmp_path / "pierhead.toml"
        config.write_text(text)
        assert load(config, {}, {}).log_level == "warning"


def test_the_systemd_unit_leaves_haproxy_alone() -> None:
    (text,) = page("operator-guide.md").blocks("ini")
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    assert unit["Service"]["KillMode"] == "process"
    arguments = _arguments(shlex.split(unit["Service"]["ExecStart"]))
    assert arguments is not None
    assert _refusal(arguments) is None


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.path.name)
def test_blocks_of_python_are_python(guide: Page) -> None:
    for block in guide.blocks("python"):
        compile(block, str(guide.path.relative_to(ROOT)), "exec", dont_inherit=True)


def _arguments(words: list[str]) -> list[str] | None:
    """The arguments of a call of pierhead; None for any other command."""
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    if not words or Path(words[0]).name != "pierhead":
        return None
    return ["--wait=60" if word == "--wait" else word for word in words[1:]]


def _refusal(arguments: list[str]) -> str | None:
    """What the command line says against the arguments; nothing is carried out."""
    try:
        _root().main(arguments, prog_name="pierhead", standalone_mode=False)
    except TyperException as error:
        return f"{type(error).__name__}: {error}"
    return None


@cache
def _root() -> Any:
    """The command line, none of whose commands does anything."""
    root = typer.main.get_command(app)
    for command in _all(root):
        command.callback = lambda *_, **__: None
    return root


def _exists(words: list[str]) -> bool:
    command = _root()
    known = {"--help"} | {option for each in command.params for option in each.opts}
    for word in words:
        if word.startswith("-"):
            if word.partition("=")[0] not in known:
                return False
        elif word in getattr(command, "commands", {}):
            command = command.commands[word]
            known |= {o for each in command.params for o in (*each.opts, *each.secondary_opts)}
        elif hasattr(command, "commands"):
            return False
    return True


def _all(command: Any) -> list[Any]:
    inner = getattr(command, "commands", {}).values()
    return [command, *(each for one in inner for each in _all(one))]
