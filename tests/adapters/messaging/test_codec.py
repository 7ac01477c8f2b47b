"""Messages as JSON text."""

import pytest

from adapters.messaging.codec import (
    BadMessage,
    decode_command,
    decode_report,
    encode_command,
    encode_report,
)
from core.domain.messages import Command, DeviceHandle, DeviceRetired, ProbeDevice, Report

PROBE = ProbeDevice(
    device=DeviceHandle(
        id="d", name="n", driver="haproxy", version="2.8", parameters={"password": "s3cret"}
    )
)


def test_a_command_carries_the_devices_secrets():
    text = encode_command(PROBE)
    assert b"s3cret" in text
    assert decode_command(text) == PROBE


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b'["ProbeDevice"]',
        b'["ProbeDevice",{}]',
        b'["ProbeDevice",{"device":1}]',
        b'["Unknown",{}]',
        encode_report(DeviceRetired(device_id="d")),
        b"\xff",
    ],
)
def test_what_is_no_command(text: bytes):
    with pytest.raises(BadMessage):
        decode_command(text)


def test_a_command_is_no_report():
    with pytest.raises(BadMessage):
        decode_report(encode_command(PROBE))


def test_a_bad_message_does_not_show_secrets():
    text = encode_command(PROBE).replace(b'"id":"d"', b'"id":5')
    with pytest.raises(BadMessage) as caught:
        decode_command(text)
    assert "s3cret" not in str(caught.value)


def test_every_message_has_a_name():
    from adapters.messaging import codec

    assert set(codec._commands) == {kind.__name__ for kind in Command.__args__}
    assert set(codec._reports) == {kind.__name__ for kind in Report.__args__}
