"""What is compiled is used, and does the same when it is interpreted."""

import importlib
import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES

import pytest

from hatch_build import lacking
from tests.compiled import ROOT, compiled, outdated, sources

PLACEMENT = (
    "tests/core/domain/placement",
    "tests/core/usecases/placement",
    "tests/contracts/test_scheduler.py",
    "tests/contracts/test_bindings.py",
    "tests/contracts/test_claims_model.py",
    "tests/adapters/persistence/test_pipeline.py",
)


def test_every_module_that_is_to_be_compiled_is():
    interpreted = [str(source) for source in sources() if compiled(source) is None]
    assert len(sources()) > 20
    assert interpreted == ([str(source) for source in sources()] if lacking() else [])


@pytest.mark.skipif(bool(lacking()), reason="nothing is compiled here")
def test_what_is_compiled_is_what_is_imported():
    names = [".".join(source.relative_to(ROOT).with_suffix("").parts) for source in sources()]
    files = [importlib.import_module(name.removesuffix(".__init__")).__file__ for name in names]
    assert files == [str(compiled(source)) for source in sources()]


def test_a_source_that_changed_since_is_told(tmp_path):
    shutil.copy2(ROOT / "pyproject.toml", tmp_path)
    name = "core/domain/placement/rules.py"
    source = tmp_path / name
    source.parent.mkdir(parents=True)
    source.write_text("")
    assert outdated(tmp_path) == []
    form = source.with_suffix(EXTENSION_SUFFIXES[0])
    form.write_text("")
    os.utime(source, (1000, 1000))
    assert outdated(tmp_path) == []
    os.utime(form, (999, 999))
    assert outdated(tmp_path) == [name]


@pytest.mark.slow
def test_the_same_holds_interpreted(tmp_path):
    for name in ("core", "adapters", "pierhead", "tests"):
        left_out = shutil.ignore_patterns("*.so", "__pycache__", "static")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=left_out)
    for name in ("pyproject.toml", "hatch_build.py"):
        shutil.copy2(ROOT / name, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PLACEMENT],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
