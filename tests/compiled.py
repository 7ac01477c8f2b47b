"""Modules that are compiled where there is a C compiler, and whether what was compiled is what
their sources say."""

import tomllib
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

ROOT = Path(__file__).parents[1]


def sources(root: Path = ROOT) -> list[Path]:
    """As pyproject.toml says."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    patterns = project["tool"]["hatch"]["build"]["hooks"]["custom"]["modules"]
    return sorted(path for pattern in patterns for path in root.glob(pattern))


def compiled(source: Path) -> Path | None:
    """What is loaded in place of a source; None: the source itself."""
    forms = (source.with_suffix(suffix) for suffix in EXTENSION_SUFFIXES)
    return next((form for form in forms if form.exists()), None)


def outdated(root: Path = ROOT) -> list[str]:
    """Sources that changed since they were compiled, so that something else runs."""
    forms = {source: compiled(source) for source in sources(root)}
    return [
        str(source.relative_to(root))
        for source, form in forms.items()
        if form is not None and form.stat().st_mtime_ns < source.stat().st_mtime_ns
    ]
