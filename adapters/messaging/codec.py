"""Messages between server and agent as JSON text: ``[name, content]``."""

from typing import Any

import msgspec

from core.domain.messages import (
    AgentHello,
    ApplyServices,
    Command,
    DeviceReport,
    DeviceRetired,
    ObservationReport,
    ProbeDevice,
    Report,
    RetireDevice,
    ServiceReport,
)


class BadMessage(ValueError):
    """The text is not a message that this version understands."""


_envelope = msgspec.json.Decoder(tuple[str, msgspec.Raw])
_encoder = msgspec.json.Encoder()
_commands: dict[str, msgspec.json.Decoder[Command]] = {
    kind.__name__: msgspec.json.Decoder(kind) for kind in (ApplyServices, ProbeDevice, RetireDevice)
}
_reports: dict[str, msgspec.json.Decoder[Report]] = {
    kind.__name__: msgspec.json.Decoder(kind)
    for kind in (ServiceReport, DeviceReport, DeviceRetired, ObservationReport, AgentHello)
}


def encode_command(command: Command) -> bytes:
    """JSON text of a command, the device's secrets included."""
    return _encode(command)


def decode_command(text: bytes) -> Command:
    """The command that was encoded. Raises BadMessage."""
    command: Command = _decode(text, _commands)
    return command


def encode_report(report: Report) -> bytes:
    """JSON text of a report."""
    return _encode(report)


def decode_report(text: bytes) -> Report:
    """The report that was encoded. Raises BadMessage."""
    report: Report = _decode(text, _reports)
    return report


def _encode(message: object) -> bytes:
    return _encoder.encode((type(message).__name__, message))


def _decode(text: bytes, decoders: dict[str, Any]) -> Any:
    try:
        name, content = _envelope.decode(text)
        if name not in decoders:
            raise BadMessage(f"unknown message {name!r}")
        return decoders[name].decode(content)
    except msgspec.MsgspecError as error:
        raise BadMessage(str(error)) from error
