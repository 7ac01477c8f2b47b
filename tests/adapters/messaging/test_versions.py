"""Messages between different versions of the protocol."""

import json
from typing import Any

import pytest

from adapters.messaging.codec import BadMessage
from tests.adapters.messaging import golden_messages as golden


def parts(old: Any, new: Any) -> bool:
    """Whether all of `old` is in `new`, in the same place."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(
            name in new and parts(value, new[name]) for name, value in old.items()
        )
    if isinstance(old, list):
        return isinstance(new, list) and len(old) == len(new) and all(map(parts, old, new))
    return bool(old == new)


def later(value: Any) -> Any:
    """As a later version may write it: with more fields in each of our objects."""
    if isinstance(value, list):
        return [later(each) for each in value]
    if not isinstance(value, dict):
        return value
    ours = {
        name: later(part)
        if name in {"content", "command", "device", "orders", "facts", "capabilities"}
        else part
        for name, part in value.items()
    }
    return {"new first": {"deep": [1, None]}, **ours, "new last": True}


def test_every_type_of_message_is_on_file() -> None:
    kinds = {kind.__name__ for codec in golden.CODECS for kind in codec.wire_types}
    names = {path.name for path in (golden.FOLDER / "v1").iterdir()}
    assert names == {f"{kind}.{size}.json" for kind in kinds for size in ("full", "least")}


@pytest.mark.parametrize("path", golden.FILES, ids=golden.NAMES)
def test_this_version_reads_what_earlier_ones_wrote(path) -> None:
    """And knows all of it: what it writes itself has each field that they wrote."""
    message = golden.load(path)
    codec = golden.codec_of(message["type"])
    written = json.loads(codec.encode(codec.decode(golden.text(message))))
    assert parts(message, written)


@pytest.mark.parametrize("path", golden.FILES, ids=golden.NAMES)
def test_this_version_reads_what_later_ones_will_write(path) -> None:
    message = golden.load(path)
    codec = golden.codec_of(message["type"])
    known = codec.decode(golden.text(message))
    assert codec.decode(golden.text(later(message))) == known


@pytest.mark.parametrize("path", golden.FILES, ids=golden.NAMES)
@pytest.mark.parametrize("change", [{"version": 2}, {"version": "1"}, {"type": "NewThing"}])
def test_what_this_version_cannot_know_is_refused(path, change) -> None:
    message = golden.load(path)
    with pytest.raises(BadMessage):
        golden.codec_of(message["type"]).decode(golden.text({**message, **change}))
