"""HAProxy reads the configurations between network namespaces."""

from pathlib import Path

import pytest

from adapters.devices.haproxy import find_binary
from adapters.devices.haproxy.parameters import read_parameters
from adapters.devices.haproxy.preamble import preamble
from adapters.devices.haproxy.running import check_config
from tests.lab.netns import namespace

GOLDEN = Path(__file__).parents[2] / "adapters" / "devices" / "haproxy" / "golden"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("namespaces*.cfg")), ids=lambda path: path.stem)
def test_golden(path: Path, tmp_path: Path):
    start = preamble(read_parameters({}), pings=True, files=0)
    whole = tmp_path / "haproxy.cfg"
    whole.write_text(start + path.read_text())
    assert check_config(find_binary(), whole) is not None
    with namespace("ph-device-a"), namespace("ph-device-b"):
        assert check_config(find_binary(), whole) is None
