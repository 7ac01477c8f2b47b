"""The messages that are kept in files, by the version of the protocol that wrote them."""

import json
from pathlib import Path
from typing import Any

from adapters.messaging.codec import GREETINGS, REPORTS, Codec
from adapters.messaging.sealing import SEALABLE

FOLDER = Path(__file__).parent / "golden"
FILES = sorted(FOLDER.glob("*/*.json"))
NAMES = [f"{path.parent.name}/{path.name}" for path in FILES]
CODECS = (SEALABLE, REPORTS, GREETINGS)


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def codec_of(kind: str) -> Codec:
    """The codec for messages of this type."""
    (found,) = (each for each in CODECS if kind in {wire.__name__ for wire in each.wire_types})
    return found


def text(message: Any) -> bytes:
    return json.dumps(message).encode()
