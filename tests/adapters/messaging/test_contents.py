"""What is told of messages that nobody could deal with."""

import pytest

from adapters.messaging.contents import Contents, contents
from tests.adapters.messaging import golden_messages as golden


@pytest.mark.parametrize(
    ("name", "services"),
    [
        ("ApplyServices", ("s1", "s2")),
        ("ProbeDevice", ("s1", "s2")),
        ("RetireDevice", ()),
        ("ServiceReport", ("s1",)),
        ("ObservationReport", ("s1",)),
        ("DeviceReport", ()),
    ],
)
def test_the_ids_of_a_message(name: str, services: tuple[str, ...]) -> None:
    text = (golden.FOLDER / "v1" / f"{name}.full.json").read_bytes()
    assert contents(text) == Contents(name, "d1", services)


def test_a_sealed_command_tells_what_is_sealed() -> None:
    text = (golden.FOLDER / "v1" / "SealedCommand.full.json").read_bytes()
    assert contents(text) == Contents("ProbeDevice", "d1", ("s1", "s2"))


@pytest.mark.parametrize("version", [b"2", b'"x"', b"null"])
def test_a_message_of_another_version_tells_what_it_can(version: bytes) -> None:
    text = (golden.FOLDER / "v1" / "ServiceReport.full.json").read_bytes()
    later = text.replace(b'"version": 1', b'"version": ' + version)
    assert later != text
    assert contents(later) == Contents("ServiceReport", "d1", ("s1",))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"[1]",
        b'{"type": 5, "content": []}',
        b'{"content": {"device": {"id": 5}, "orders": [1, {}, {"service_id": 2}]}}',
        b'{"content": {"command": {"content": 5}}}',
        b'{"content": {"command": "ApplyServices"}}',
        b'{"content": {"device_id": ["d"], "orders": 5, "services": ["s"]}}',
        b"[" * 100_000,
    ],
)
def test_what_cannot_be_read_tells_nothing(text: bytes) -> None:
    assert contents(text) == Contents()
