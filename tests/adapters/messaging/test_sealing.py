"""Commands whose devices' parameters only who has the key can read."""

import json
from pathlib import Path

import pytest

from adapters.messaging.codec import BadMessage, decode_command, encode_command
from adapters.messaging.contents import contents
from adapters.messaging.sealing import UNSEALED, CommandSeal
from adapters.secrets import FernetSecretStore
from core.domain.messages import Command, ProbeDevice, ReleaseDevice, RetireDevice
from tests.messaging import handle, order

COMMANDS = [order("d", 1), ProbeDevice(device=handle("d")), RetireDevice(device=handle("d"))]


def seal_of(folder: Path, *keys: str) -> CommandSeal:
    """A seal with these keys, which are made when they are first named."""
    lines = []
    for name in keys:
        FernetSecretStore(folder / name)
        lines.append((folder / name).read_text())
    file = folder / "-".join(["keys", *keys])
    file.touch(0o600)
    file.write_text("".join(lines))
    return CommandSeal(FernetSecretStore(file))


@pytest.fixture
def seal(tmp_path: Path) -> CommandSeal:
    return seal_of(tmp_path, "one")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: type(each).__name__)
def test_a_sealed_command_comes_out_as_it_was_and_shows_no_parameter(
    seal: CommandSeal, command: Command
) -> None:
    text = seal.encode(command)
    assert seal.decode(text) == (command, None)
    assert not any(each in text for each in (b"s3cret", b"password", b"ports"))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: type(each).__name__)
def test_what_a_sealed_command_is_about_can_be_told(seal: CommandSeal, command: Command) -> None:
    assert contents(seal.encode(command)) == contents(encode_command(command))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: type(each).__name__)
def test_without_a_key_commands_are_as_they_ever_were(command: Command) -> None:
    assert UNSEALED.encode(command) == encode_command(command)
    assert UNSEALED.decode(encode_command(command)) == (command, None)


def test_who_has_a_key_takes_what_is_not_sealed(seal: CommandSeal) -> None:
    assert seal.decode(encode_command(order("d", 1))) == (order("d", 1), None)


@pytest.mark.parametrize(
    "command",
    [ReleaseDevice(device=handle("d")), ProbeDevice(device=handle("d", parameters={}))],
)
def test_what_needs_no_parameters_can_be_read_without_a_key(
    seal: CommandSeal, command: Command
) -> None:
    assert UNSEALED.decode(seal.encode(command)) == (command, None)


def test_without_the_key_all_but_the_parameters_is_known(seal, tmp_path) -> None:
    text = seal.encode(order("d", 7))
    for other, words in ((UNSEALED, "has no key"), (seal_of(tmp_path, "two"), "no key in the")):
        command, unreadable = other.decode(text)
        assert command.device == handle("d", parameters={})
        assert command.orders == order("d", 7).orders
        assert words in unreadable
        assert "bus_key_file" in unreadable


def test_keys_are_changed_while_commands_are_on_their_way(tmp_path) -> None:
    old, new = seal_of(tmp_path, "old"), seal_of(tmp_path, "new", "old")
    agent = seal_of(tmp_path, "old", "new")
    for conductor in (old, new):
        assert agent.decode(conductor.encode(order("d", 1))) == (order("d", 1), None)
    only_new = seal_of(tmp_path, "new")
    assert only_new.decode(new.encode(order("d", 1))) == (order("d", 1), None)


def test_what_was_changed_on_the_way_is_not_taken(seal: CommandSeal) -> None:
    message = json.loads(seal.encode(order("d", 1)))
    sealed = message["content"]["sealed"]
    message["content"]["sealed"] = sealed[:50] + ("A" if sealed[50] != "A" else "B") + sealed[51:]
    command, unreadable = seal.decode(json.dumps(message).encode())
    assert command.device.parameters == {}
    assert unreadable is not None


def test_a_version_that_knows_no_seals_puts_them_aside(seal: CommandSeal) -> None:
    with pytest.raises(BadMessage, match="SealedCommand"):
        decode_command(seal.encode(order("d", 1)))


@pytest.mark.parametrize("parameters", [{"a": object()}, {"a": "\ud800"}])
def test_what_does_not_fit_is_refused_by_the_sender(seal: CommandSeal, parameters) -> None:
    with pytest.raises(BadMessage):
        seal.encode(ProbeDevice(device=handle("d", parameters=parameters)))
