"""The benchmark as a user runs it: the smallest part, with everything around it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pierhead.demo.processes import processes_of


@pytest.mark.slow
def test_a_part_is_measured_told_and_cleared_away(tmp_path: Path) -> None:
    place, document = tmp_path / "place", tmp_path / "figures.json"
    page = tmp_path / "figures.md"
    place.mkdir()
    options = ["--quick", "--only", "changes-under-load", "--json", str(document)]
    options += ["--markdown", str(page)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options],
        env={**os.environ, "TMPDIR": str(place)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    figures = {each["name"]: each for each in json.loads(document.read_text())["figures"]}
    assert figures["failed requests"]["value"] == 0
    assert figures["reloads of HAProxy"]["value"] > 0
    assert all(name in done.stdout for name in figures)
    assert all(f"| {name} |" in page.read_text() for name in figures)
    assert list(place.iterdir()) == []
    assert processes_of(place) == frozenset()
