"""Messages as JSON text."""

import json
from typing import get_args

import pytest

from adapters.messaging.codec import (
    COMMANDS,
    REPORTS,
    BadMessage,
    decode_command,
    decode_hello,
    decode_lease,
    decode_report,
    encode_command,
    encode_hello,
    encode_report,
)
from core.domain.messages import Command, DeviceHandle, DeviceRetired, ProbeDevice, Report
from tests.messaging import hello

PROBE = ProbeDevice(
    device=DeviceHandle(
        id="d", name="n", driver="haproxy", version="2.8", parameters={"password": "s3cret"}
    )
)


def test_a_command_carries_the_devices_secrets():
    text = encode_command(PROBE)
    assert b"s3cret" in text
    assert decode_command(text) == PROBE


def test_the_envelope_tells_type_and_version():
    envelope = json.loads(encode_command(PROBE))
    assert {name: envelope[name] for name in ("type", "version")} == {
        "type": "ProbeDevice",
        "version": 1,
    }
    assert set(envelope) == {"type", "version", "content"}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        b'{"type":"ProbeDevice","version":1}',
        b'{"type":"ProbeDevice","version":1,"content":{}}',
        b'{"type":"ProbeDevice","version":1,"content":{"device":1}}',
        encode_command(PROBE).replace(b'"version":1', b'"version":2'),
        encode_command(PROBE).replace(b"ProbeDevice", b"Unknown"),
        encode_report(DeviceRetired(device_id="d")),
        encode_command(PROBE) + b"x",
        b"[" * 100_000,
        b"\xff",
        b'{"type":"\xff"}',
    ],
)
def test_what_is_no_command(text: bytes):
    with pytest.raises(BadMessage):
        decode_command(text)


def test_a_command_is_no_report():
    with pytest.raises(BadMessage):
        decode_report(encode_command(PROBE))
    with pytest.raises(BadMessage, match="ProbeDevice does not go this way"):
        encode_report(PROBE)


@pytest.mark.parametrize("value", [b'"id":5', b'"id":"s3cret","name":["s3cret"]'])
def test_a_bad_message_does_not_show_secrets(value: bytes):
    text = encode_command(PROBE).replace(b'"id":"d"', value)
    with pytest.raises(BadMessage) as caught:
        decode_command(text)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("name", [5, None, "\ud800", object()])
def test_what_does_not_fit_is_refused_by_the_sender(name: object):
    device = DeviceHandle(id="d", name=name, driver="x", version=None, parameters={})
    with pytest.raises(BadMessage):
        encode_command(ProbeDevice(device=device))


def test_a_hello_is_no_lease():
    text = encode_hello(hello())
    assert decode_hello(text) == hello()
    with pytest.raises(BadMessage, match="AgentHello does not go this way"):
        decode_lease(text)


def test_what_goes_round_in_circles_is_refused_by_the_sender():
    parameters: dict[str, object] = {}
    parameters["again"] = parameters
    device = DeviceHandle(id="d", name="n", driver="x", version=None, parameters=parameters)
    with pytest.raises(BadMessage, match="not JSON"):
        encode_command(ProbeDevice(device=device))


def test_every_message_goes_its_way():
    assert set(COMMANDS.wire_types) == set(get_args(Command))
    assert set(REPORTS.wire_types) == set(get_args(Report))
