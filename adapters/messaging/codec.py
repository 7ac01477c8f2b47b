"""Messages between server and agent as JSON text, checked at both ends.

A message is ``{"type": name, "version": 1, "content": {...}}``. What does not fit its type is
neither sent nor accepted; fields that this version does not know are passed over.
"""

from typing import Any, Literal, TypeVar

import msgspec

from core.domain.messages import (
    AgentHello,
    AgentLease,
    ApplyServices,
    Command,
    DeviceReleased,
    DeviceReport,
    DeviceRetired,
    ObservationReport,
    ProbeDevice,
    ReleaseDevice,
    Report,
    RetireDevice,
    ServiceReport,
)

VERSION = 1
"""The major version of the protocol. Within one, fields and types of message are only added."""


_Greeting = TypeVar("_Greeting", AgentHello, AgentLease)


class BadMessage(ValueError):
    """Not a message that this version understands. The text tells no secrets."""


class Codec:
    """Some types of message, two at least: of a single one, the type would not be checked."""

    def __init__(self, *kinds: type) -> None:
        self.wire_types = {kind: _wire_type(kind) for kind in kinds}
        self._encoder = msgspec.json.Encoder()
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(self.union)

    def encode(self, message: object) -> bytes:
        """JSON text of a message, its secrets included. Raises BadMessage."""
        wire_type = self.wire_types.get(type(message))
        if wire_type is None:
            raise BadMessage(f"{type(message).__name__} does not go this way")
        try:
            text = self._encoder.encode(wire_type(version=VERSION, content=message))
        except (TypeError, ValueError, RecursionError) as error:
            raise BadMessage(f"{type(message).__name__} is not JSON") from error
        self.decode(text)
        return text

    def decode(self, text: bytes) -> Any:
        """The message that was encoded. Raises BadMessage."""
        try:
            return self._decoder.decode(text).content
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadMessage(str(error)) from error

    @property
    def union(self) -> Any:
        """The type of all these messages."""
        first, *others = self.wire_types.values()
        union: Any = first
        for each in others:
            union = union | each
        return union


def _wire_type(kind: type) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        f"{kind.__name__}Message",
        [("version", Literal[1]), ("content", kind)],
        tag_field="type",
        tag=kind.__name__,
        frozen=True,
    )


COMMANDS = Codec(ApplyServices, ProbeDevice, RetireDevice, ReleaseDevice)
REPORTS = Codec(ServiceReport, DeviceReport, DeviceRetired, DeviceReleased, ObservationReport)
GREETINGS = Codec(AgentHello, AgentLease)


def encode_command(command: Command) -> bytes:
    """JSON text of a command, the device's secrets included. Raises BadMessage."""
    return COMMANDS.encode(command)


def decode_command(text: bytes) -> Command:
    """The command that was encoded. Raises BadMessage."""
    command: Command = COMMANDS.decode(text)
    return command


def encode_report(report: Report) -> bytes:
    """JSON text of a report. Raises BadMessage."""
    return REPORTS.encode(report)


def decode_report(text: bytes) -> Report:
    """The report that was encoded. Raises BadMessage."""
    report: Report = REPORTS.decode(text)
    return report


def encode_hello(hello: AgentHello) -> bytes:
    """JSON text of a hello. Raises BadMessage."""
    return GREETINGS.encode(hello)


def decode_hello(text: bytes) -> AgentHello:
    """The hello that was encoded. Raises BadMessage."""
    return _of_kind(AgentHello, text)


def encode_lease(lease: AgentLease) -> bytes:
    """JSON text of a lease. Raises BadMessage."""
    return GREETINGS.encode(lease)


def decode_lease(text: bytes) -> AgentLease:
    """The lease that was encoded. Raises BadMessage."""
    return _of_kind(AgentLease, text)


def _of_kind(kind: type[_Greeting], text: bytes) -> _Greeting:
    message = GREETINGS.decode(text)
    if not isinstance(message, kind):
        raise BadMessage(f"{type(message).__name__} does not go this way")
    return message
