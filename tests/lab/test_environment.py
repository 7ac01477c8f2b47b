"""How the layers of the virtual environment are checked, and made again."""

import pytest

from tests.lab import environment
from tests.lab.environment import Layer, collisions


def layer(folder, **distributions: list[str]) -> Layer:
    """A layer with distributions that have these files."""
    made = Layer(folder)
    for name, files in distributions.items():
        info = made.packages / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        rows = [*files, f"{name}-1.0.dist-info/METADATA"]
        (info / "RECORD").write_text("".join(f"{row},,\n" for row in rows))
    return made


def test_distributions_that_share_nothing_do_not_collide(tmp_path):
    below = layer(tmp_path / "below", neutron=["neutron/__init__.py"])
    above = layer(tmp_path / "above", pierhead=["core/__init__.py"])
    assert collisions([below, above]) == set()


def test_a_file_that_two_bring_collides(tmp_path):
    below = layer(tmp_path / "below", neutron=["core/__init__.py"])
    above = layer(tmp_path / "above", pierhead=["core/__init__.py"])
    assert collisions([below, above]) == {"core/__init__.py"}


def test_a_distribution_that_is_replaced_collides(tmp_path):
    below = layer(tmp_path / "below", neutron_lib=["one.py"])
    above = layer(tmp_path / "above", neutron_lib=["other.py"])
    assert "distribution neutron-lib" in collisions([below, above])


def test_a_layer_is_made_once_and_again_after_an_interruption(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = []

    def install(layer: Layer) -> None:
        made.append(layer)
        (layer.folder / "half").touch()
        if len(made) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        environment._cached("some", ["key"], install)
    for _ in range(2):
        environment._cached("some", ["key"], install)
    assert len(made) == 2
    environment._cached("some", ["other key"], install)
    assert len(made) == 3
    assert made[2].folder != made[1].folder
