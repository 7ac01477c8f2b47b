"""Compiles the modules that most of a placement's time goes into, when Pierhead is installed.

They are ordinary Python, and run as such wherever they are not compiled. Which ones is said in
pyproject.toml, and why in docs/decisions/022-compiled-modules.md.
"""

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterable
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from mypyc.build import mypycify
from setuptools import Distribution
from setuptools.command.build_ext import build_ext

INTERPRETED = "PIERHEAD_INTERPRETED"
"""Where this is set in the environment, nothing is compiled."""

_LIBRARY = "pierhead"
"""What the modules share goes into one library, `pierhead__mypyc`."""


class CompileHook(BuildHookInterface[Any]):
    """Adds the compiled modules to a wheel; of an editable installation, to the source tree."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """See BuildHookInterface.initialize."""
        root = Path(self.root)
        found = (path for pattern in self.config["modules"] for path in root.glob(pattern))
        modules = sorted(path.relative_to(root) for path in found)
        if version == "editable":
            _remove_compiled(root)
        missing = lacking()
        if missing:
            self.app.display_warning(f"Placements will be slower: {missing}, nothing is compiled")
            return
        self._folder = TemporaryDirectory(prefix="pierhead-compiled-")
        folder = Path(self._folder.name)
        with chdir(root):
            compiled = compile_modules(modules, folder)
        if version == "editable":
            for path in compiled:
                shutil.copy2(folder / path, root / path)
        else:
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
            build_data["force_include"] |= {str(folder / path): str(path) for path in compiled}

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """See BuildHookInterface.finalize."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()


def _remove_compiled(root: Path) -> None:
    """What was compiled before would be used in place of its source."""
    for folder in (root, root / "core", root / "adapters"):
        pattern = "*.so" if folder == root else "**/*.so"
        for path in folder.glob(pattern):
            path.unlink()


def compile_modules(modules: Iterable[Path], folder: Path) -> list[Path]:
    """Compile these modules of the folder that one is in. Their libraries are in `folder`, and
    the paths there are returned."""
    extensions = mypycify(
        ["--config-file=", "--ignore-missing-imports", *map(str, modules)],
        target_dir=str(folder / "c"),
        group_name=_LIBRARY,
    )
    command = build_ext(Distribution({"ext_modules": extensions}))
    command.build_lib, command.build_temp = str(folder), str(folder / "objects")
    command.ensure_finalized()
    command.run()
    return [Path(path).relative_to(folder) for path in command.get_outputs()]


def lacking() -> str:
    """What a compilation lacks; empty: nothing."""
    if os.environ.get(INTERPRETED):
        return f"{INTERPRETED} is set"
    if sys.implementation.name != "cpython":
        return "this is not CPython"
    compiler = os.environ.get("CC") or str(sysconfig.get_config_var("CC") or "cc")
    if shutil.which(compiler.split()[0]) is None:
        return f"there is no C compiler ({compiler.split()[0]})"
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if not header.exists():
        return f"there is no {header} (on Debian, install python3-dev)"
    return ""
